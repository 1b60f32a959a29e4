use std::fmt::Write;

use privyseal_tuf::Deception;

/// Text from elsewhere, made safe to show on one line: control characters, terminal escapes,
/// bidirectional and other invisible characters, and the backslash itself, are written as escapes.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// A name from elsewhere, so that it is seen where it begins and ends and which characters it has:
/// as it is, where it is a plain word or path; else in quotes. In one that deceives, every character
/// beyond ASCII is an escape.
pub fn quote(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    let deceives = Deception::of_name(name).is_some();
    for character in name.chars() {
        match character {
            '\'' => quoted.push('\''),
            other if deceives && !other.is_ascii() => quoted.extend(other.escape_unicode()),
            other => quoted.extend(other.escape_debug()),
        }
    }
    quoted.push('"');
    quoted
}

/// JSON text with every character beyond ASCII as an escape, which is the same JSON.
pub fn ascii_json(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\u{7f}' || !character.is_ascii() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        } else {
            ascii.push(character);
        }
    }
    ascii
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/@+:=%*?[]".contains(&byte);
    !name.is_empty() && !name.ends_with(':') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("gnp.\u{202e}exe"), "gnp.\\u{202e}exe");
        assert_eq!(
            escape("a\u{200b}b\u{feff}\u{2066}\u{ad}"),
            "a\\u{200b}b\\u{feff}\\u{2066}\\u{ad}"
        );
        assert_eq!(escape("two\nlines\\n"), "two\\nlines\\\\n");
        assert_eq!(
            escape("\u{e0041}\u{2028}\u{9b}"),
            "\\u{e0041}\\u{2028}\\u{9b}"
        );
    }

    #[test]
    fn letters_and_quotes_are_kept() {
        assert_eq!(
            escape("Grüße \"übers\" 'Jahr' 日本"),
            "Grüße \"übers\" 'Jahr' 日本"
        );
    }

    #[test]
    fn names_are_quoted_where_they_could_be_misread() {
        for plain in ["app-1.0.tar.gz", "a/b", "docs/*", "safe:root-1", "@alice"] {
            assert_eq!(quote(plain), plain);
        }
        for (name, quoted) in [
            ("", r#""""#),
            ("a b", r#""a b""#),
            ("x -> y", r#""x -> y""#),
            ("a\"b", r#""a\"b""#),
            ("it's", r#""it's""#),
            ("naïve/日本.txt", r#""naïve/日本.txt""#),
            ("t\u{430}rgets", r#""t\u{430}rgets""#),
            ("a\u{202e}b", r#""a\u{202e}b""#),
            ("a\nb", r#""a\nb""#),
            ("role:", r#""role:""#),
        ] {
            assert_eq!(quote(name), quoted);
        }
    }

    proptest! {
        #[test]
        fn nothing_invisible_remains_and_nothing_collides(a in any::<String>(), b in any::<String>()) {
            for escape in [escape, quote] {
                prop_assert!(!escape(&a).chars().any(|c| c.is_control()));
                prop_assert_eq!(a == b, escape(&a) == escape(&b));
            }
        }

        #[test]
        fn json_in_ascii_is_the_same_json(text in any::<String>()) {
            let json = ascii_json(&serde_json::to_string(&text).unwrap());
            prop_assert!(json.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
