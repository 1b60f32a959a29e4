use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Sha256Digest;

use super::fields::Fields;
use super::{Problem, SignedError};

/// What a snapshot or timestamp says of another metadata file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// Bytes of the file.
    pub length: u64,
    /// SHA-256 of the file.
    pub sha256: Sha256Digest,
    /// SHA-512 of the file.
    pub sha512: Option<[u8; 64]>,
}

impl FileMeta {
    pub(super) fn parse(entry: Fields<'_>) -> Result<Self, SignedError> {
        let entry = entry.only(&["hashes", "length"])?;
        let hashes = entry.object("hashes")?.only(&["sha256", "sha512"])?;
        let sha256: [u8; 32] = digest(&hashes, "sha256", hashes.text("sha256")?)?;
        let sha512 = hashes.optional_text("sha512")?;
        let sha512 = sha512.map(|text| digest(&hashes, "sha512", text));
        Ok(Self {
            length: entry.length()?,
            sha256: sha256.into(),
            sha512: sha512.transpose()?,
        })
    }
}

fn digest<const LENGTH: usize>(
    hashes: &Fields<'_>,
    name: &str,
    text: &str,
) -> Result<[u8; LENGTH], SignedError> {
    let bytes = STANDARD.decode(text).ok();
    let digest = bytes.and_then(|bytes| bytes.try_into().ok());
    digest.ok_or_else(|| hashes.wrong(name, Problem::Digest(LENGTH)))
}
