//! Names that people give to keystores and keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing at all.
    #[error("a name can't be empty")]
    Empty,
    /// More than 64 bytes.
    #[error("a name has at most {LONGEST} characters, this one has {0}")]
    TooLong(usize),
    /// A character outside the set.
    #[error("a name is made of letters, digits, '.', '_' and '-'; {0:?} is none of these")]
    Character(char),
}

/// A keystore's name: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeystoreName(String);

/// A key's name: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

impl KeystoreName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn checked(name: &str) -> Result<String, BadName> {
    if name.is_empty() {
        return Err(BadName::Empty);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        return Err(BadName::Character(other));
    }
    if name.len() > LONGEST {
        return Err(BadName::TooLong(name.len()));
    }
    Ok(name.to_owned())
}

impl FromStr for KeystoreName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        checked(name).map(Self)
    }
}

impl FromStr for KeyName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        checked(name).map(Self)
    }
}

impl TryFrom<String> for KeystoreName {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        name.parse()
    }
}

impl TryFrom<String> for KeyName {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        name.parse()
    }
}

impl From<KeystoreName> for String {
    fn from(name: KeystoreName) -> Self {
        name.0
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

impl fmt::Display for KeystoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_longest_name_and_no_longer_one() {
        assert!("a".repeat(64).parse::<KeyName>().is_ok());
        assert_eq!("a".repeat(65).parse::<KeyName>(), Err(BadName::TooLong(65)));
    }

    #[test]
    fn refuses_what_would_need_quoting() {
        assert_eq!("".parse::<KeystoreName>(), Err(BadName::Empty));
        for (name, bad) in [
            ("a b", ' '),
            ("a/b", '/'),
            ("ä", 'ä'),
            ("a\n", '\n'),
            ("a\0", '\0'),
        ] {
            assert_eq!(name.parse::<KeyName>(), Err(BadName::Character(bad)));
        }
    }
}
