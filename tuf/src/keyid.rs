use std::borrow::Borrow;
use std::fmt;

/// The name of a key in metadata. The specification computes it (section 4.2); the world writes
/// any text, so any text is taken and [`is_compliant`](Self::is_compliant) tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a computed keyid: 64 lower-case hex digits. Whether it is the
    /// keyid *of a key* is for [`Key::keyid`](crate::Key::keyid) to say.
    pub fn is_compliant(&self) -> bool {
        self.0.parse::<crate::Sha256Digest>().is_ok()
    }
}

impl From<&str> for KeyId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for KeyId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<crate::Sha256Digest> for KeyId {
    fn from(digest: crate::Sha256Digest) -> Self {
        Self(digest.to_string())
    }
}

impl Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_keyids_have_one_form() {
        assert!(KeyId::from(crate::Sha256Digest::of(b"key")).is_compliant());
        for text in [
            "",
            "my-key",
            &"AB".repeat(32),
            &"ab".repeat(31),
            &"ab".repeat(33),
        ] {
            assert!(!KeyId::from(text).is_compliant(), "{text}");
        }
    }
}
