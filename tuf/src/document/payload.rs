use crate::json::Object;
use crate::{Sha256Digest, canonical};

/// What is signed: the canonical form of `signed`, as it was received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Payload {
    pub(super) signed: Object,
    /// SHA-256 of the bytes.
    pub digest: Sha256Digest,
}

impl Payload {
    pub(super) fn of(signed: Object) -> Self {
        let digest = canonical::digest(&signed);
        Self { signed, digest }
    }

    /// Canonical JSON. Signatures are made over these bytes. They are made anew at each call, since
    /// few documents need them for long and some have megabytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        canonical::encode_object(&self.signed, &mut bytes);
        bytes
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Payload {}
