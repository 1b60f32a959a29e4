//! PINs that somebody guesses before the tries are used up.

/// Why nobody should set this PIN or PUK; none where it is as good as so few characters can be.
pub(super) fn why_not(secret: &str) -> Option<&'static str> {
    let bytes = secret.as_bytes();
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return Some("it has a character that can't be seen, or is not of the ASCII set");
    }
    if is_repetition(bytes) {
        return Some("it repeats itself");
    }
    if goes_by(bytes, 1) || goes_by(bytes, -1) {
        return Some("its characters follow each other: that is among the first that are tried");
    }
    None
}

/// "111111", "121212", "abcabc".
fn is_repetition(bytes: &[u8]) -> bool {
    let again = |period: usize| bytes.iter().zip(bytes.iter().skip(period));
    (1..=bytes.len() / 2).any(|period| again(period).all(|(before, after)| before == after))
}

/// Each is one above, or below, the one before; after 9 comes 0.
fn goes_by(bytes: &[u8], step: i16) -> bool {
    let steps = bytes.iter().zip(bytes.iter().skip(1));
    let mut steps = steps.map(|(before, after)| match [before, after] {
        digits if digits.iter().all(|digit| digit.is_ascii_digit()) => {
            (i16::from(*after) - i16::from(*before) - step).rem_euclid(10)
        }
        _ => i16::from(*after) - i16::from(*before) - step,
    });
    steps.all(|off| off == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused() {
        for weak in [
            "123456", "12345678", "654321", "890123", "210987", "000000", "121212", "123123",
            "abcdef", "1231231", "aaaaaaaa",
        ] {
            assert!(why_not(weak).is_some(), "{weak}");
        }
        for strong in ["472916", "830174", "123457", "Tr0ub4d&", "112233", "100000"] {
            assert_eq!(why_not(strong), None, "{strong}");
        }
    }

    #[test]
    fn what_not_every_keyboard_types_is_refused() {
        for bad in ["47 2916", "47291\u{e9}", "47291\t"] {
            assert!(why_not(bad).is_some(), "{bad:?}");
        }
    }
}
