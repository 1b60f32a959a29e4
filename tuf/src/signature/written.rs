//! Signatures as the two dialects write them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Signature, SignatureError};
use crate::{Algorithm, Dialect};

impl Signature {
    /// As it stands in a document: hex, ECDSA in DER; in notary's dialect base64, ECDSA as r‖s.
    pub fn to_text(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Spec => self.to_hex(),
            Dialect::Notary => STANDARD.encode(self.as_raw()),
        }
    }

    /// Reads what stands in a document of a dialect.
    ///
    /// # Errors
    /// Where it is no such text, or not a signature of this algorithm.
    pub fn from_text(
        dialect: Dialect,
        algorithm: Algorithm,
        text: &str,
    ) -> Result<Self, SignatureError> {
        match dialect {
            Dialect::Spec => Self::from_hex(algorithm, text),
            Dialect::Notary => {
                let raw = STANDARD.decode(text).map_err(|_| SignatureError::Base64)?;
                Self::from_raw(algorithm, &raw)
            }
        }
    }

    /// What stands beside it as `method`, which only notary's dialect has.
    pub fn method(&self, dialect: Dialect) -> Option<&'static str> {
        match (dialect, self) {
            (Dialect::Spec, _) => None,
            (Dialect::Notary, Self::EcdsaP256(_) | Self::EcdsaP384(_)) => Some("ecdsa"),
            (Dialect::Notary, Self::Ed25519(_)) => Some("eddsa"),
            (Dialect::Notary, Self::RsaPss(_)) => Some("rsapss"),
        }
    }
}
