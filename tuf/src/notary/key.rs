use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Object, Value};
use crate::{Algorithm, KeyId, PublicKey, Sha256Digest, canonical};

/// A public key as notary writes it: `{"keytype", "keyval": {"private": null, "public"}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    keytype: &'static str,
    public: Vec<u8>,
}

impl Key {
    /// The key object of a public key.
    pub fn from_public(public: &PublicKey) -> Self {
        let keytype = match public.algorithm() {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => "ecdsa",
            Algorithm::Ed25519 => "ed25519",
            Algorithm::RsaPss { .. } => "rsa",
        };
        let public = match public.as_ed25519() {
            Some(key) => key.to_vec(),
            None => public.to_spki_der(),
        };
        Self { keytype, public }
    }

    /// `keytype`: `ecdsa`, `ed25519` or `rsa`. The two signers of notary call it the algorithm.
    pub fn keytype(&self) -> &'static str {
        self.keytype
    }

    /// What stands, in base64, under `public`: the 32 bytes of an Ed25519 key, of others the DER
    /// SubjectPublicKeyInfo.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// SHA-256 (hex) of the canonical form of the key object, `"private":null` with it.
    pub fn id(&self) -> KeyId {
        Sha256Digest::of(&canonical::encode(&self.value())).into()
    }

    /// The key object.
    pub fn value(&self) -> Value {
        key_value(self.keytype, &self.public)
    }
}

/// The key object of a keytype and the bytes of its `public`.
pub(crate) fn key_value(keytype: &str, public: &[u8]) -> Value {
    let public = STANDARD.encode(public);
    let keyval = Object::from([
        ("private", Value::Null),
        ("public", Value::from(public.as_str())),
    ]);
    Value::Object(Object::from([
        ("keytype", Value::from(keytype)),
        ("keyval", Value::Object(keyval)),
    ]))
}
