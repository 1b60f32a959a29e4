use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{MixedScript, skeleton};

/// How a text can deceive who reads it on a screen (Unicode Technical Standard 39).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deception {
    /// It has a character that is not seen, or that a terminal obeys.
    Hidden(char),
    /// A word has letters of several scripts.
    MixedScripts {
        /// The first letter of it that is not Latin.
        found: char,
    },
    /// It is not ASCII and looks as if it were.
    Imitation {
        /// The first character that is not what it looks like.
        found: char,
        /// What it looks like.
        like: String,
    },
}

impl Deception {
    /// How a name deceives: a path, a pattern, the name of a role, owner or field.
    pub fn of_name(name: &str) -> Option<Self> {
        if is_plain(name) {
            return None;
        }
        hidden(name, |_| false)
            .or_else(|| name.chars().find_map(imitating_sign))
            .or_else(|| name.split('/').find_map(imitation))
            .or_else(|| mixed(name))
    }

    /// How a longer text deceives, which may have several lines and punctuation of every kind.
    pub fn of_prose(text: &str) -> Option<Self> {
        if is_plain(text) {
            return None;
        }
        hidden(text, |c| matches!(c, '\n' | '\r' | '\t'))
            .or_else(|| imitation(text))
            .or_else(|| mixed(text))
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn hidden(text: &str, allowed: impl Fn(char) -> bool) -> Option<Deception> {
    let mut characters = text.chars();
    let found = characters.find(|c| is_hidden(*c) && !allowed(*c));
    found.map(Deception::Hidden)
}

/// Control characters, those that Unicode calls ignorable (bidirectional controls, zero-width
/// characters, tags), unassigned ones, and every space but the plain one.
fn is_hidden(c: char) -> bool {
    const BLANK: char = '\u{2800}';
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    if c.is_whitespace() || c == BLANK {
        return true;
    }
    let mut own = [0; 4];
    let ignored = skeleton(c.encode_utf8(&mut own)).next().is_none();
    // After a letter, so that combining marks are not taken for hidden ones.
    let printable = format!("a{c}").escape_debug().count() == 2;
    ignored || !printable
}

/// A sign of no script, such as a slash, dash or digit, that is not the one which it looks like.
fn imitating_sign(c: char) -> Option<Deception> {
    let of_no_script = !c.is_ascii() && AugmentedScriptSet::for_char(c).is_all();
    of_no_script.then(|| imitated(c)).flatten()
}

/// A text that has nothing by which it could be told from one in ASCII.
fn imitation(text: &str) -> Option<Deception> {
    if text.is_ascii() || !skeleton(text).all(|c| c.is_ascii()) {
        return None;
    }
    text.chars().find_map(imitated)
}

fn imitated(c: char) -> Option<Deception> {
    let mut own = [0; 4];
    let like: String = skeleton(c.encode_utf8(&mut own)).collect();
    let imitates = !c.is_ascii() && !like.is_empty() && like.is_ascii();
    imitates.then_some(Deception::Imitation { found: c, like })
}

/// A word of several scripts, other than the mixtures in which Chinese, Japanese and Korean are
/// written.
fn mixed(text: &str) -> Option<Deception> {
    let separates = |c: char| c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphanumeric());
    let mut words = text.split(separates).filter(|word| !word.is_ascii());
    words.find_map(|word| {
        if word.is_single_script() {
            return None;
        }
        let others: String = word.chars().filter(|c| !goes_with_latin(*c)).collect();
        let set = others.resolve_script_set();
        if set.jpan || set.kore || set.hanb {
            return None;
        }
        let found = others.chars().next();
        found.map(|found| Deception::MixedScripts { found })
    })
}

fn goes_with_latin(c: char) -> bool {
    format!("a{c}").is_single_script()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> bool {
        matches!(Deception::of_name(text), Some(Deception::Hidden(_)))
    }

    #[test]
    fn what_is_not_seen_or_obeyed_is_hidden() {
        for text in [
            "a\u{1b}[2Jb",
            "a\nb",
            "a\u{7f}",
            "a\u{9b}31m",
            "gnp.\u{202e}exe",
            "a\u{2066}b\u{2069}",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{34f}b",
            "a\u{61c}b",
            "a\u{fe0f}",
            "a\u{e0041}",
            "a\u{3164}",
            "a\u{2028}b",
            "a\u{a0}b",
            "a\u{2800}b",
            "a\u{e000}",
            "a\u{ffff}",
            "a\u{378}",
        ] {
            assert!(hidden(text), "{text:?}");
        }
        assert_eq!(Deception::of_prose("two\r\n\tlines"), None);
        assert!(Deception::of_prose("a\u{1b}[2J").is_some());
    }

    #[test]
    fn letters_of_another_script_are_found() {
        for (text, found) in [
            ("\u{436}ar.tar.gz", '\u{436}'),
            ("a/x\u{3c9}", '\u{3c9}'),
            ("\u{430}pp-\u{431}\u{432}\u{433}", '\u{430}'),
            ("\u{43f}\u{3c9}", '\u{43f}'),
        ] {
            let how = Deception::of_name(text);
            assert_eq!(how, Some(Deception::MixedScripts { found }), "{text}");
        }
        assert!(Deception::of_prose("see the p\u{430}th").is_some());
    }

    #[test]
    fn what_only_looks_like_ascii_is_found() {
        for (text, found, like) in [
            ("t\u{430}rgets", '\u{430}', "a"),
            ("x/pay\u{440}al.tar.gz", '\u{440}', "p"),
            ("\u{441}\u{43e}\u{440}\u{443}.txt", '\u{441}', "c"),
            ("a\u{2044}b", '\u{2044}', "/"),
            ("a\u{2215}b", '\u{2215}', "/"),
            ("v1\u{2024}0", '\u{2024}', "."),
            ("app\u{2010}1", '\u{2010}', "-"),
            ("\u{1d4ea}pp", '\u{1d4ea}', "a"),
            ("r\u{e9}sum\u{e9}\u{2024}gz", '\u{2024}', "."),
        ] {
            let like = like.to_owned();
            let how = Deception::of_name(text);
            assert_eq!(how, Some(Deception::Imitation { found, like }), "{text}");
        }
    }

    #[test]
    fn names_and_texts_of_one_script_are_what_they_seem() {
        for text in [
            "app-1.0_rc~2+b.tar.gz",
            "naïve/Grüße/æøå/ñandú.txt",
            "документы/с-картинками.zip",
            "日本語/テスト第1回.bin",
            "Tシャツ.png",
            "한국어/app.deb",
            "ελληνικά.txt",
            "हिन्दी/क्षेत्र.txt",
            "🔑.pub",
            "a b",
        ] {
            assert_eq!(Deception::of_name(text), None, "{text}");
        }
        let text = "Don’t — “quote” the Привет, с нами: 10 µm\nnext line";
        assert_eq!(Deception::of_prose(text), None);
    }
}
