//! Callers' words in what a person reads before typing a PIN or touching a device.

use std::fmt;

/// As many characters of a name are shown.
const LONGEST: usize = 64;

/// A name that a caller chose: as it is where it is plain, else quoted and escaped, so that no name
/// goes on as a sentence of the agent's. What is cut off is shown as dots.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl<'a> Shown<'a> {
    /// The same in quotes, however plain it is.
    pub(super) fn quoted(name: &'a str) -> impl fmt::Display + 'a {
        Quoted(name)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:*".contains(c);
        match self.0.len() <= LONGEST && self.0.chars().all(is_plain) {
            true => f.write_str(self.0),
            false => Quoted(self.0).fmt(f),
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.char_indices().nth(LONGEST).map(|(end, _)| end);
        let (shown, dots) = match end.and_then(|end| self.0.get(..end)) {
            Some(shown) => (shown, "..."),
            None => (self.0, ""),
        };
        write!(f, "\"{}\"{dots}", shown.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_shown_as_they_are_and_no_other_ends_its_quotes() {
        let shown = |name: &str| Shown(name).to_string();
        assert_eq!(shown("docker.io/library/app"), "docker.io/library/app");
        assert_eq!(shown("a, then \"b\""), r#""a, then \"b\"""#);
        assert_eq!(shown("a\u{202e}b"), r#""a\u{202e}b""#);
        assert_eq!(Shown::quoted("a").to_string(), "\"a\"");
    }

    #[test]
    fn long_names_are_cut() {
        let long = "\u{e9}".repeat(65);
        let cut = format!("\"{}\"...", "\u{e9}".repeat(64));
        assert_eq!(Shown(&long).to_string(), cut);
    }
}
