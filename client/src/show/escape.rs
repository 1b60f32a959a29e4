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

    proptest! {
        #[test]
        fn nothing_invisible_remains_and_nothing_collides(a in any::<String>(), b in any::<String>()) {
            prop_assert!(!escape(&a).chars().any(|c| c.is_control()));
            prop_assert_eq!(a == b, escape(&a) == escape(&b));
        }
    }
}
