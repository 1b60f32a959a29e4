use std::fmt;
use std::str::FromStr;

/// The name of one image of a repository, such as `1.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// The text is no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no tag: it has at most 128 letters, digits, underscores, dots and hyphens, and begins with neither dot nor hyphen"
)]
pub struct NotATag(String);

const LONGEST: usize = 128;

impl Tag {
    /// What Docker takes where none is given.
    #[must_use]
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = NotATag;

    fn from_str(text: &str) -> Result<Self, NotATag> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = text.bytes().next().is_some_and(word);
        let rest = text.bytes().all(|byte| word(byte) || b".-".contains(&byte));
        match begins && rest && text.len() <= LONGEST {
            true => Ok(Self(text.to_owned())),
            false => Err(NotATag(text.chars().take(LONGEST + 1).collect())),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
