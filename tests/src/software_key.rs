//! Keys that no agent holds, for what is signed elsewhere.

use privyseal_proto::v1;
use privyseal_tuf::{Document, Key, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::metadata;

/// An Ed25519 key of the test's own.
#[derive(Debug)]
pub struct SoftwareKey {
    /// As an agent would describe it to [`metadata::root`]: only how it stands in metadata.
    pub key: v1::Key,
    pair: Ed25519KeyPair,
}

impl SoftwareKey {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let public = PublicKey::ed25519(pair.public_key().as_ref().try_into().unwrap());
        let value = Key::from_public(&public).value().to_pretty();
        let key = v1::Key {
            tuf_key: String::from_utf8(value).unwrap(),
            ..Default::default()
        };
        Self { key, pair }
    }

    /// Its signature over a document, as an agent would answer it.
    #[must_use]
    pub fn sign(&self, document: &[u8]) -> v1::Signed {
        let document = Document::parse(document).unwrap();
        let signature = self.pair.sign(&document.payload().bytes());
        v1::Signed {
            keyid: metadata::tuf_key(&self.key).keyid().to_string(),
            sig: hex::encode(signature.as_ref()),
            ..Default::default()
        }
    }

    /// The document with its signature.
    #[must_use]
    pub fn signed(&self, document: &[u8]) -> Vec<u8> {
        metadata::with_signatures(document, [&self.sign(document)])
    }
}
