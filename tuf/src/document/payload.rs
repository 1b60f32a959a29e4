use crate::json::Object;
use crate::{Sha256Digest, canonical};

/// What is signed: the canonical form of `signed`, as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payload {
    /// Canonical JSON. Signatures are made over these bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub digest: Sha256Digest,
}

impl Payload {
    pub(super) fn of(signed: &Object) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        canonical::encode_object(signed, &mut bytes);
        let digest = Sha256Digest::of(&bytes);
        Self { bytes, digest }
    }
}
