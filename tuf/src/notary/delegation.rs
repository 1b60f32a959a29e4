use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a delegated role: `targets/…`, of lower-case letters, digits, `-`, `_` and `/`,
/// shorter than 256 bytes and without empty parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delegation(Arc<str>);

/// Not the name of a delegated role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{:?} is no role that notary knows: they are root, targets, snapshot, timestamp, and \
     targets/… of a-z, 0-9, -, _ and /, with less than 256 characters",
    .0
)]
pub struct NotADelegation(pub String);

impl Delegation {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What comes before the first part.
const PREFIX: &str = "targets/";

/// The longest name, in bytes.
const LONGEST: usize = 255;

impl FromStr for Delegation {
    type Err = NotADelegation;

    fn from_str(text: &str) -> Result<Self, NotADelegation> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        let part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
        let parts = text.strip_prefix(PREFIX);
        if text.len() > LONGEST || !parts.is_some_and(|parts| parts.split('/').all(part)) {
            // It is somebody else's word, and may be as long as they like.
            let shown = text.chars().take(LONGEST).collect();
            return Err(NotADelegation(shown));
        }
        Ok(Self(text.into()))
    }
}

impl Borrow<str> for Delegation {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_notary_takes() {
        let longest = format!("targets/{}", "a".repeat(247));
        for name in ["targets/releases", "targets/a/b-c/d_0", &longest] {
            assert_eq!(name.parse::<Delegation>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_the_rest() {
        let too_long = format!("targets/{}", "a".repeat(248));
        for name in [
            "",
            "targets",
            "targets/",
            "targets//a",
            "targets/a/",
            "targets/../a",
            "targets/A",
            "targets/a b",
            "targets/é",
            "Targets/a",
            "snapshot",
            "/targets/a",
            &too_long,
        ] {
            assert!(name.parse::<Delegation>().is_err(), "{name}");
        }
    }
}
