mod detached;
mod written;

use crate::Algorithm;

pub use detached::{
    DetachedSignature, MAX_DETACHED, MAX_SIGNATURE_BYTES, SignatureFile, SignatureFileError,
};

/// A signature in the one form that each algorithm has inside Privy Seal. DER and hex are made at
/// the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// r‖s, each of 32 bytes, big-endian.
    EcdsaP256([u8; 64]),
    /// r‖s, each of 48 bytes, big-endian.
    EcdsaP384([u8; 96]),
    /// RFC 8032, section 5.1.6.
    Ed25519([u8; 64]),
    /// As long as the modulus.
    RsaPss(Vec<u8>),
}

/// Why bytes or a text are no signature of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A length other than the algorithm's.
    #[error("a signature by {algorithm} has {} bytes, not {actual}", algorithm.signature_len())]
    Length {
        /// What should have signed.
        algorithm: Algorithm,
        /// The number of bytes given.
        actual: usize,
    },
    /// Not hex.
    #[error("the signature is not hex")]
    Hex,
    /// Not base64.
    #[error("the signature is not base64")]
    Base64,
    /// Not a DER ECDSA-Sig-Value (RFC 3279, section 2.2.3) with r and s of the curve.
    #[error("the signature is not a DER ECDSA signature")]
    Der,
}

impl Signature {
    /// Takes a signature of exactly the algorithm's length; ECDSA as r‖s.
    pub fn from_raw(algorithm: Algorithm, raw: &[u8]) -> Result<Self, SignatureError> {
        let wrong_length = || SignatureError::Length {
            algorithm,
            actual: raw.len(),
        };
        match algorithm {
            Algorithm::EcdsaP256 => raw
                .try_into()
                .map(Self::EcdsaP256)
                .map_err(|_| wrong_length()),
            Algorithm::EcdsaP384 => raw
                .try_into()
                .map(Self::EcdsaP384)
                .map_err(|_| wrong_length()),
            Algorithm::Ed25519 => raw
                .try_into()
                .map(Self::Ed25519)
                .map_err(|_| wrong_length()),
            Algorithm::RsaPss { .. } if raw.len() == algorithm.signature_len() => {
                Ok(Self::RsaPss(raw.to_vec()))
            }
            Algorithm::RsaPss { .. } => Err(wrong_length()),
        }
    }

    /// The raw bytes; ECDSA as r‖s.
    pub fn as_raw(&self) -> &[u8] {
        match self {
            Self::EcdsaP256(raw) | Self::Ed25519(raw) => raw,
            Self::EcdsaP384(raw) => raw,
            Self::RsaPss(raw) => raw,
        }
    }

    /// As it stands in TUF metadata: lower-case hex; ECDSA in DER.
    pub fn to_hex(&self) -> String {
        // An r or s out of range has no DER form; such bytes are no signature and never verify.
        match self.to_der() {
            Some(der) => hex::encode(der),
            None => hex::encode(self.as_raw()),
        }
    }

    /// An ECDSA signature as a DER ECDSA-Sig-Value (RFC 3279, section 2.2.3), which X.509 has too;
    /// `None` of other algorithms, and where r or s is out of range.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        match self {
            Self::EcdsaP256(raw) => {
                let signature = p256::ecdsa::Signature::from_slice(raw).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::EcdsaP384(raw) => {
                let signature = p384::ecdsa::Signature::from_slice(raw).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(_) | Self::RsaPss(_) => None,
        }
    }

    /// Reads what stands in TUF metadata: hex in either case; ECDSA in DER.
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Result<Self, SignatureError> {
        let bytes = hex::decode(text).map_err(|_| SignatureError::Hex)?;
        match algorithm {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Self::from_der(algorithm, &bytes),
            Algorithm::Ed25519 | Algorithm::RsaPss { .. } => Self::from_raw(algorithm, &bytes),
        }
    }

    /// Reads a DER ECDSA signature (RFC 3279, section 2.2.3); no other algorithm has one.
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, SignatureError> {
        match algorithm {
            Algorithm::EcdsaP256 => {
                let signature = p256::ecdsa::Signature::from_der(der);
                let signature = signature.map_err(|_| SignatureError::Der)?;
                Self::from_raw(algorithm, &signature.to_bytes())
            }
            Algorithm::EcdsaP384 => {
                let signature = p384::ecdsa::Signature::from_der(der);
                let signature = signature.map_err(|_| SignatureError::Der)?;
                Self::from_raw(algorithm, &signature.to_bytes())
            }
            Algorithm::Ed25519 | Algorithm::RsaPss { .. } => Err(SignatureError::Der),
        }
    }
}
