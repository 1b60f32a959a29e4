//! The permit to use a key once.

use std::sync::Arc;

use privyseal_ledger::{Hash, Head, checkpoint};
use privyseal_tuf::Sha256Digest;

use crate::{
    keystore::{About, BoundKey},
    ledger::LedgerKey,
};

/// What a key is to sign: the bytes, and their SHA-256 for algorithms that sign a digest.
///
/// ECDSA and RSA-PSS sign the digest, Ed25519 the bytes (RFC 8032, no pre-hash). The digest is
/// computed here and nowhere else, so its length and its relation to the bytes can't be wrong.
#[derive(Debug, Clone)]
pub struct Message {
    bytes: Vec<u8>,
    digest: Sha256Digest,
}

impl Message {
    /// Hashes `bytes`.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let digest = Sha256Digest::of(&bytes);
        Self { bytes, digest }
    }

    /// The bytes to sign.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their SHA-256.
    #[must_use]
    pub fn digest(&self) -> &Sha256Digest {
        &self.digest
    }
}

/// One use of one key on one message, which the ledger has recorded durably.
///
/// `Keystore::sign` consumes it, and it can't be cloned: "signed without a record" is a type error.
#[derive(Debug)]
pub struct SigningPermit {
    key: Arc<BoundKey>,
    message: Message,
    about: About,
}

impl SigningPermit {
    /// Only the room that recorded the decision calls this.
    pub(in crate::corridor) fn new(key: Arc<BoundKey>, message: Message, about: About) -> Self {
        Self {
            key,
            message,
            about,
        }
    }

    /// A checkpoint covers records that are durable already, so it is its own record. It signs
    /// nothing but the checkpoint's text, with a key that signs nothing else.
    pub(crate) fn for_checkpoint(key: &LedgerKey, genesis: Hash, head: Head) -> Self {
        let text = checkpoint::text(&genesis, &head);
        Self {
            key: Arc::clone(key.bound()),
            message: Message::new(text.into_bytes()),
            about: About::new("a checkpoint of the ledger"),
        }
    }

    /// The key to sign with.
    #[must_use]
    pub fn key(&self) -> &Arc<BoundKey> {
        &self.key
    }

    /// The request, for the person in front of the device.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// What to sign.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }
}
