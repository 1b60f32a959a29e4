use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

/// The SHA-256 of a manifest, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// The text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADigest {
    /// A digest of another kind.
    #[error("only sha256 digests can be signed and verified; this one is {0:?}")]
    Algorithm(String),
    /// Something else.
    #[error("{0:?} is no digest: write sha256: and 64 hexadecimal digits in lower case")]
    Malformed(String),
}

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// From the hash itself.
    #[must_use]
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The hash itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash in hexadecimal, without `sha256:`.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let malformed = || NotADigest::Malformed(text.chars().take(100).collect());
        let (algorithm, digits) = text.split_once(':').ok_or_else(malformed)?;
        match algorithm {
            "sha256" => {}
            "sha384" | "sha512" => return Err(NotADigest::Algorithm(algorithm.to_owned())),
            _ => return Err(malformed()),
        }
        let mut sha256 = [0; 32];
        if digits.bytes().any(|byte| byte.is_ascii_uppercase())
            || hex::decode_to_slice(digits, &mut sha256).is_err()
        {
            return Err(malformed());
        }
        Ok(Self(sha256))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
