#[cfg(test)]
mod tests;

mod notary;

use std::sync::Arc;

use crate::json::{Object, Value};
use crate::notary::{Certificate, NotACertificate};
use crate::{Algorithm, KeyId, PublicKey, PublicKeyError, Sha256Digest, Signature};
use crate::{Dialect, SignatureEntry, canonical};

/// The field in which tuf-on-ci names the owner of a key.
pub(crate) const CLAIMED_OWNER: &str = "x-tuf-on-ci-keyowner";

/// A key object of metadata (spec, section 4.2), with every field that it came with. A key without
/// `scheme` is one of notary's dialect.
///
/// A key that this crate cannot use is kept all the same: it never verifies anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    value: Value,
    keyid: KeyId,
    fingerprint: Sha256Digest,
    public: Result<PublicKey, KeyProblem>,
    certificate: Option<Arc<Certificate>>,
}

/// Why a value is no key object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is an object with the strings keytype and scheme and the object keyval")]
pub struct NotAKey;

/// Why a key object can't verify anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// A keytype and scheme that this crate does not know.
    #[error("keytype {keytype:?} with scheme {scheme:?} is not supported")]
    Unsupported {
        /// The keytype.
        keytype: String,
        /// The scheme.
        scheme: String,
    },
    /// keyval has no string `public`.
    #[error("keyval has no string \"public\"")]
    NoPublic,
    /// Not hex of an Ed25519 key.
    #[error("\"public\" is not the 64 hex digits of an Ed25519 key")]
    Hex,
    /// The public key is refused.
    #[error(transparent)]
    Public(#[from] PublicKeyError),
    /// The certificate is refused.
    #[error(transparent)]
    Certificate(#[from] NotACertificate),
}

/// A signature entry as it was read, for a key.
enum Unverified {
    Signature(Signature),
    /// RSASSA-PKCS1-v1_5 with SHA-256, which this crate verifies and never makes.
    Pkcs1v15(Vec<u8>),
}

impl Key {
    /// The key object for a public key, as every current client reads it.
    pub fn from_public(public: &PublicKey) -> Self {
        let (keytype, scheme) = match public.algorithm() {
            Algorithm::EcdsaP256 => ("ecdsa", "ecdsa-sha2-nistp256"),
            // Only notary has it, and with another hash than this scheme.
            Algorithm::EcdsaP384 => ("ecdsa", "ecdsa-sha2-nistp384"),
            Algorithm::Ed25519 => ("ed25519", "ed25519"),
            Algorithm::RsaPss { .. } => ("rsa", "rsassa-pss-sha256"),
        };
        let text = match public.as_ed25519() {
            Some(key) => hex::encode(key),
            None => public.to_spki_pem(),
        };
        let keyval = Object::from([("public", Value::from(text.as_str()))]);
        let value = Value::Object(Object::from([
            ("keytype", Value::from(keytype)),
            ("scheme", Value::from(scheme)),
            ("keyval", Value::Object(keyval)),
        ]));
        let public = match public.algorithm() {
            Algorithm::EcdsaP384 => Err(unsupported(keytype, scheme)),
            _ => Ok(public.clone()),
        };
        Self::new(value, public)
    }

    /// Reads a key object.
    pub fn parse(value: &Value) -> Result<Self, NotAKey> {
        let object = value.as_object().ok_or(NotAKey)?;
        if !object.contains_key("scheme") {
            return Self::parse_notary(object);
        }
        let text = |name| object.get(name).and_then(Value::as_str).ok_or(NotAKey);
        let (keytype, scheme) = (text("keytype")?, text("scheme")?);
        let keyval = object
            .get("keyval")
            .and_then(Value::as_object)
            .ok_or(NotAKey)?;
        let public = parse_public(keytype, scheme, keyval);
        Ok(Self::new(value.clone(), public))
    }

    fn new(value: Value, public: Result<PublicKey, KeyProblem>) -> Self {
        let digest = Sha256Digest::of(&canonical::encode(&value));
        let fingerprint = match &public {
            Ok(public) => Sha256Digest::of(&public.to_spki_der()),
            Err(_) => digest,
        };
        Self {
            value,
            keyid: digest.into(),
            fingerprint,
            public,
            certificate: None,
        }
    }

    /// The dialect that it is written in.
    pub fn dialect(&self) -> Dialect {
        match self.text("scheme") {
            Some(_) => Dialect::Spec,
            None => Dialect::Notary,
        }
    }

    /// The keyid that the specification computes: SHA-256 over the canonical form of the whole
    /// key object. Metadata in the wild may name the key otherwise.
    pub fn keyid(&self) -> &KeyId {
        &self.keyid
    }

    /// The key object with every field that it came with.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// `keytype` as it stands in the object.
    pub fn keytype(&self) -> &str {
        self.field("keytype")
    }

    /// `scheme` as it stands in the object.
    pub fn scheme(&self) -> &str {
        self.field("scheme")
    }

    /// Whose it says it is (tuf-on-ci writes so): anybody's word.
    pub fn claimed_owner(&self) -> Option<&str> {
        self.text(CLAIMED_OWNER)
    }

    fn field(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value.as_object()?.get(name)?.as_str()
    }

    /// The public key, or why there is none that could verify.
    pub fn public(&self) -> Result<&PublicKey, &KeyProblem> {
        self.public.as_ref()
    }

    /// What the key signs with, where it can verify.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.public.as_ref().ok().map(PublicKey::algorithm)
    }

    /// The same for two key objects of one public key, however they are written. Thresholds count
    /// by this, so that one key under two keyids counts once.
    pub fn fingerprint(&self) -> Sha256Digest {
        self.fingerprint
    }

    /// Whether a signature, as it stands in metadata, was made by this key over `message`.
    pub fn verifies(&self, message: &[u8], entry: &SignatureEntry) -> bool {
        let Ok(public) = &self.public else {
            return false;
        };
        let read = match self.dialect() {
            Dialect::Spec => {
                let signature = Signature::from_hex(public.algorithm(), entry.sig());
                signature.ok().map(Unverified::Signature)
            }
            Dialect::Notary => notary::signature(public, entry),
        };
        let verified = read.map(|read| match read {
            Unverified::Signature(signature) => public.verify(message, &signature),
            Unverified::Pkcs1v15(bytes) => public.verify_pkcs1v15(message, &bytes),
        });
        verified.is_some_and(|verified| verified.is_ok())
    }
}

fn parse_public(keytype: &str, scheme: &str, keyval: &Object) -> Result<PublicKey, KeyProblem> {
    let public = || {
        keyval
            .get("public")
            .and_then(Value::as_str)
            .ok_or(KeyProblem::NoPublic)
    };
    let key = match (keytype, scheme) {
        // Before 1.0.32 the specification used the scheme's name as the keytype, too.
        ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => parse_p256(public()?)?,
        ("rsa", "rsassa-pss-sha256") => PublicKey::from_spki_pem(public()?)?,
        ("ed25519", "ed25519") => {
            let mut key = [0; 32];
            hex::decode_to_slice(public()?, &mut key).map_err(|_| KeyProblem::Hex)?;
            PublicKey::ed25519(&key)
        }
        _ => return Err(unsupported(keytype, scheme)),
    };
    let fits = match key.algorithm() {
        Algorithm::EcdsaP256 => scheme == "ecdsa-sha2-nistp256",
        Algorithm::EcdsaP384 => false,
        Algorithm::Ed25519 => scheme == "ed25519",
        Algorithm::RsaPss { .. } => scheme == "rsassa-pss-sha256",
    };
    if fits {
        Ok(key)
    } else {
        Err(unsupported(keytype, scheme))
    }
}

/// PEM; or, as in Sigstore's first roots, the uncompressed point in hex.
fn parse_p256(text: &str) -> Result<PublicKey, PublicKeyError> {
    match hex::decode(text) {
        Ok(point) => PublicKey::ecdsa_p256(&point),
        Err(_) => PublicKey::from_spki_pem(text),
    }
}

fn unsupported(keytype: &str, scheme: &str) -> KeyProblem {
    KeyProblem::Unsupported {
        keytype: keytype.to_owned(),
        scheme: scheme.to_owned(),
    }
}
