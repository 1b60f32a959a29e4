use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use privyseal_tuf::Sha256Digest;

/// The longest name that is kept whole; file systems take 255 bytes.
const LONGEST: usize = 180;

/// How much of a longer name is kept, for people.
const KEPT: usize = 100;

/// Everything but letters, digits and what names of repositories are made of. `~` is encoded too.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The name of a repository as a file name: another one for each repository, whatever it is called.
/// What is appended to it must keep it from being `.` or `..`.
pub(super) fn stem(gun: &str) -> String {
    let whole = utf8_percent_encode(gun, ENCODED).to_string();
    match whole.get(..KEPT) {
        Some(kept) if whole.len() > LONGEST => {
            format!("{kept}~{}", Sha256Digest::of(gun.as_bytes()))
        }
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_readable_and_are_never_paths() {
        for (gun, expected) in [
            ("docker.io/library/alpine", "docker.io%2Flibrary%2Falpine"),
            ("localhost:5000/a", "localhost%3A5000%2Fa"),
            ("../../etc", "..%2F..%2Fetc"),
            ("a~b\0", "a%7Eb%00"),
        ] {
            assert_eq!(stem(gun), expected);
        }
        let (a, b) = (
            format!("{}a", "x".repeat(255)),
            format!("{}b", "x".repeat(255)),
        );
        assert_ne!(stem(&a), stem(&b));
        assert_eq!(stem(&a).len(), 165);
    }

    proptest! {
        #[test]
        fn any_name_is_a_short_file_name_of_its_own(a in "\\PC{0,300}", b in "\\PC{0,300}") {
            let (one, other) = (stem(&a), stem(&b));
            prop_assert!(one.len() <= LONGEST && !one.contains(['/', '\0']));
            prop_assert_eq!(one == other, a == b);
        }
    }
}
