//! Keys as notary's dialect writes them: `{"keytype","keyval":{"private":null,"public":BASE64}}`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Key, KeyProblem, NotAKey, Unverified, unsupported};
use crate::json::{Object, Value};
use crate::notary::{self, Certificate, NotACertificate};
use crate::{
    Algorithm, Dialect, KeyId, PublicKey, Sha256Digest, Signature, SignatureEntry, canonical,
};

impl Key {
    /// The bare key object for a public key, as notary writes it.
    pub fn of_notary(public: &PublicKey) -> Self {
        let value = notary::Key::from_public(public).value();
        Self::new(value, Ok(public.clone()))
    }

    /// The key object for a certificate (PEM, the leaf first), whose keyid is the certificate's ID.
    ///
    /// # Errors
    /// Where it is no certificate, or of a key that can't be used or that notary knows no
    /// certificates for.
    pub fn of_certificate(pem: &[u8]) -> Result<Self, NotACertificate> {
        let certificate = Certificate::from_pem(pem)?;
        let public = certificate.public_key()?;
        let keytype = match public.algorithm() {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => "ecdsa-x509",
            Algorithm::RsaPss { .. } => "rsa-x509",
            Algorithm::Ed25519 => {
                let other = "Ed25519, of which notary knows no certificates".to_owned();
                return Err(crate::PublicKeyError::Unsupported(other).into());
            }
        };
        let mut key = Self::new(notary::key_value(keytype, pem), Ok(public));
        key.certificate = Some(Arc::new(certificate));
        Ok(key)
    }

    /// Reads a key object without `scheme`.
    pub(super) fn parse_notary(object: &Object) -> Result<Self, NotAKey> {
        let keytype = object.get("keytype").and_then(Value::as_str);
        let keytype = keytype.ok_or(NotAKey)?;
        let keyval = object.get("keyval").and_then(Value::as_object);
        let keyval = keyval.ok_or(NotAKey)?;
        let public = keyval.get("public").and_then(Value::as_str);
        let bytes = public.and_then(|text| STANDARD.decode(text).ok());
        let bytes = bytes.ok_or(NotAKey)?;
        let known = |name: &str| matches!(name, "keytype" | "keyval");
        let within = |name: &str| matches!(name, "private" | "public");
        let is_public = matches!(keyval.get("private"), None | Some(Value::Null));
        if !object.keys().all(known) || !keyval.keys().all(within) || !is_public {
            return Err(NotAKey);
        }
        let (public, certificate) = match read(keytype, &bytes) {
            Ok((public, certificate)) => (Ok(public), certificate.map(Arc::new)),
            Err(problem) => (Err(problem), None),
        };
        // The keyid is over the normal form, whether `private` was left out or not.
        let mut key = Self::new(notary::key_value(keytype, &bytes), public);
        key.certificate = certificate;
        Ok(key)
    }

    /// The keyid of the bare key, under which notary keeps private keys and which Mirantis' pins
    /// name; the same for a key and every certificate of it. `None` for a key that can't be used.
    pub fn canonical_keyid(&self) -> Option<KeyId> {
        let public = self.public().ok()?;
        // The key as it stands in the certificate, which may be written otherwise than we do.
        let bare = match self.certificate() {
            Some(certificate) => {
                let keytype = self.keytype().strip_suffix("-x509")?;
                notary::key_value(keytype, &certificate.spki)
            }
            None => notary::Key::from_public(public).value(),
        };
        Some(Sha256Digest::of(&canonical::encode(&bare)).into())
    }

    /// Whether it is written as Go writes such a key: what Go reads in fewer forms than we do, or
    /// prints in another one, is not. Always, where the dialect is the specification's.
    pub fn is_as_go_writes(&self) -> bool {
        let Ok(public) = self.public() else {
            return false;
        };
        match (self.dialect(), self.certificate()) {
            (Dialect::Spec, _) => true,
            (Dialect::Notary, Some(certificate)) => certificate.spki == public.to_spki_der(),
            (Dialect::Notary, None) => *self == Self::of_notary(public),
        }
    }

    /// The certificate, where the key object is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_deref()
    }
}

/// The key of a key object, with its certificate.
fn read(keytype: &str, bytes: &[u8]) -> Result<(PublicKey, Option<Certificate>), KeyProblem> {
    let certificate = match keytype {
        "ecdsa-x509" | "rsa-x509" => Some(Certificate::from_pem(bytes)?),
        _ => None,
    };
    let public = match (keytype, &certificate) {
        (_, Some(certificate)) => certificate.public_key()?,
        ("ed25519", None) => PublicKey::ed25519(bytes.try_into().map_err(|_| KeyProblem::Hex)?),
        (_, None) => PublicKey::from_spki_der(bytes)?,
    };
    let fits = match public.algorithm() {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => matches!(keytype, "ecdsa" | "ecdsa-x509"),
        Algorithm::RsaPss { .. } => matches!(keytype, "rsa" | "rsa-x509"),
        Algorithm::Ed25519 => keytype == "ed25519",
    };
    match fits {
        true => Ok((public, certificate)),
        false => Err(unsupported(keytype, "")),
    }
}

/// What a signature entry of notary's dialect claims to be, for a key.
pub(super) fn signature(public: &PublicKey, entry: &SignatureEntry) -> Option<Unverified> {
    let bytes = STANDARD.decode(entry.sig()).ok()?;
    let method = entry.method()?.to_ascii_lowercase();
    let algorithm = public.algorithm();
    let fits = match (algorithm, method.as_str()) {
        (Algorithm::RsaPss { .. }, "rsapkcs1v15") => return Some(Unverified::Pkcs1v15(bytes)),
        (Algorithm::EcdsaP256 | Algorithm::EcdsaP384, method) => method == "ecdsa",
        (Algorithm::Ed25519, method) => method == "eddsa",
        (Algorithm::RsaPss { .. }, method) => method == "rsapss",
    };
    let signature = Signature::from_raw(algorithm, &bytes).ok().filter(|_| fits);
    signature.map(Unverified::Signature)
}
