use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use unicode_normalization::is_nfc;

use crate::json::Text;

/// The longest target path, in bytes.
const MAX_BYTES: usize = 4096;

/// The name of a target file, relative to the repository's targets directory (spec, section 4.5).
/// It cannot lead out of that directory and reads the same on every system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPath(Text);

/// Why a target path was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetPathError {
    /// No text.
    #[error("is empty")]
    Empty,
    /// Longer than 4096 bytes.
    #[error("is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Begins with `/`.
    #[error("begins with \"/\": target paths are relative")]
    Absolute,
    /// Has a segment `.` or `..`.
    #[error("has a segment \".\" or \"..\": it could lead out of the targets directory")]
    Dots,
    /// Has `//` or ends with `/`.
    #[error("has an empty segment (\"//\" or a \"/\" at the end)")]
    EmptySegment,
    /// Has NUL or another control character.
    #[error("has a control character")]
    Control,
    /// Has a backslash, which separates segments on some systems.
    #[error("has a backslash: use \"/\"")]
    Backslash,
    /// Not in Unicode normalization form C: two spellings would name one file on some systems.
    #[error("is not in Unicode normalization form C: rename the file")]
    NotNfc,
}

impl TargetPath {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn text(&self) -> Text {
        self.0.clone()
    }
}

impl FromStr for TargetPath {
    type Err = TargetPathError;

    fn from_str(text: &str) -> Result<Self, TargetPathError> {
        Self::try_from(&Text::from(text))
    }
}

impl TryFrom<&Text> for TargetPath {
    type Error = TargetPathError;

    /// Shares the text.
    fn try_from(text: &Text) -> Result<Self, TargetPathError> {
        check(text)?;
        Ok(Self(text.clone()))
    }
}

fn check(text: &str) -> Result<(), TargetPathError> {
    if text.is_empty() {
        return Err(TargetPathError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(TargetPathError::TooLong);
    }
    if text.starts_with('/') {
        return Err(TargetPathError::Absolute);
    }
    if text.chars().any(char::is_control) {
        return Err(TargetPathError::Control);
    }
    if text.contains('\\') {
        return Err(TargetPathError::Backslash);
    }
    for segment in text.split('/') {
        match segment {
            "" => return Err(TargetPathError::EmptySegment),
            "." | ".." => return Err(TargetPathError::Dots),
            _ => {}
        }
    }
    if is_nfc(text) {
        Ok(())
    } else {
        Err(TargetPathError::NotNfc)
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for TargetPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_paths() {
        for path in [
            "a",
            "a/b.txt",
            "a..b/...",
            ".hidden",
            "é/日本語/🔑",
            &"x".repeat(4096),
        ] {
            assert_eq!(path.parse::<TargetPath>().unwrap().as_str(), path);
        }
    }

    #[test]
    fn refuses_what_could_escape_or_confuse() {
        use TargetPathError as E;
        for (path, error) in [
            ("", E::Empty),
            (&*"x".repeat(4097), E::TooLong),
            ("/etc/passwd", E::Absolute),
            ("..", E::Dots),
            ("a/../b", E::Dots),
            ("a/..", E::Dots),
            ("./a", E::Dots),
            ("a//b", E::EmptySegment),
            ("a/", E::EmptySegment),
            ("a\0b", E::Control),
            ("a\nb", E::Control),
            ("a\u{7f}", E::Control),
            ("a\u{85}", E::Control),
            ("a\\b", E::Backslash),
            ("e\u{301}", E::NotNfc),
        ] {
            assert_eq!(path.parse::<TargetPath>(), Err(error), "{path:?}");
        }
    }
}
