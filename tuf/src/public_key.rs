mod pkcs1v15;
mod rsa;
mod spki;

use std::fmt;

use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA256_ASN1};
use ring::signature::{ED25519, RSA_PSS_2048_8192_SHA256};
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use crate::{Algorithm, Signature};
use rsa::RsaKey;

/// A public key that was checked when it was made: a point lies on its curve, an RSA modulus
/// has an accepted length.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Material);

/// Each variant holds its key in the form that ring verifies with.
#[derive(Clone, PartialEq, Eq)]
enum Material {
    /// SEC 1 uncompressed point.
    EcdsaP256([u8; 65]),
    /// SEC 1 uncompressed point.
    EcdsaP384([u8; 97]),
    Ed25519([u8; 32]),
    Rsa(RsaKey),
}

/// The signature was not made by this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature was not made by this key over these bytes")]
pub struct BadSignature;

/// Why a public key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not PEM with the label `PUBLIC KEY` (RFC 7468).
    #[error("not a PEM public key (\"-----BEGIN PUBLIC KEY-----\")")]
    Pem,
    /// Not a DER SubjectPublicKeyInfo (RFC 5280, section 4.1).
    #[error("not a DER SubjectPublicKeyInfo")]
    Spki,
    /// An algorithm or curve that this crate does not verify.
    #[error("key algorithm {0} is not supported: use ECDSA P-256 or P-384, Ed25519 or RSA")]
    Unsupported(String),
    /// Not a point of the curve.
    #[error("not an uncompressed point on the curve {0}")]
    Point(&'static str),
    /// Not 32 bytes.
    #[error("an Ed25519 public key has 32 bytes, not {0}")]
    Ed25519Length(usize),
    /// An RSA modulus that is too short, too long, even, or of an odd length.
    #[error("RSA modulus of {0} bits: it must be odd, of 2048 to 4096 bits, a multiple of 8")]
    Modulus(usize),
    /// An RSA exponent that is even, below 3 or above 2³³.
    #[error("RSA public exponent must be odd and between 3 and 2^33")]
    Exponent,
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        spki::decode(der).map(Self)
    }

    /// Reads a PEM SubjectPublicKeyInfo.
    pub fn from_spki_pem(pem: &str) -> Result<Self, PublicKeyError> {
        spki::decode_pem(pem).map(Self)
    }

    /// An ECDSA P-256 key from its SEC 1 uncompressed point: 0x04, x, y (65 bytes).
    pub fn ecdsa_p256(sec1_uncompressed_point: &[u8]) -> Result<Self, PublicKeyError> {
        let refused = || PublicKeyError::Point("P-256");
        let point = uncompressed::<65>(sec1_uncompressed_point).ok_or_else(refused)?;
        p256::PublicKey::from_sec1_bytes(&point).map_err(|_| refused())?;
        Ok(Self(Material::EcdsaP256(point)))
    }

    /// An ECDSA P-384 key from its SEC 1 uncompressed point: 0x04, x, y (97 bytes).
    pub fn ecdsa_p384(sec1_uncompressed_point: &[u8]) -> Result<Self, PublicKeyError> {
        let refused = || PublicKeyError::Point("P-384");
        let point = uncompressed::<97>(sec1_uncompressed_point).ok_or_else(refused)?;
        p384::PublicKey::from_sec1_bytes(&point).map_err(|_| refused())?;
        Ok(Self(Material::EcdsaP384(point)))
    }

    /// An Ed25519 key (RFC 8032, section 5.1.5).
    pub fn ed25519(key: &[u8; 32]) -> Self {
        Self(Material::Ed25519(*key))
    }

    /// An RSA key from its modulus and public exponent, big-endian.
    pub fn rsa(modulus_be: &[u8], exponent_be: &[u8]) -> Result<Self, PublicKeyError> {
        RsaKey::new(modulus_be, exponent_be).map(|key| Self(Material::Rsa(key)))
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn to_spki_der(&self) -> Vec<u8> {
        spki::encode(&self.0)
    }

    /// The PEM SubjectPublicKeyInfo: lines of 64 characters, each ended by a line feed.
    pub fn to_spki_pem(&self) -> String {
        spki::encode_pem(&self.0)
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Material::EcdsaP256(_) => Algorithm::EcdsaP256,
            Material::EcdsaP384(_) => Algorithm::EcdsaP384,
            Material::Ed25519(_) => Algorithm::Ed25519,
            Material::Rsa(key) => Algorithm::RsaPss { bits: key.bits() },
        }
    }

    /// The point of an elliptic curve: SEC 1 uncompressed (0x04, x, y) of ECDSA, the 32 bytes of
    /// Ed25519 (RFC 8032, section 5.1.5); `None` of RSA.
    pub fn point(&self) -> Option<&[u8]> {
        match &self.0 {
            Material::EcdsaP256(point) => Some(point),
            Material::EcdsaP384(point) => Some(point),
            Material::Ed25519(key) => Some(key),
            Material::Rsa(_) => None,
        }
    }

    /// Modulus and public exponent of RSA, big-endian without leading zeros.
    pub fn rsa_numbers(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        match &self.0 {
            Material::Rsa(key) => key.numbers(),
            _ => None,
        }
    }

    /// The 32 bytes of an Ed25519 key.
    pub(crate) fn as_ed25519(&self) -> Option<&[u8; 32]> {
        match &self.0 {
            Material::Ed25519(key) => Some(key),
            _ => None,
        }
    }

    /// Checks that `signature` was made by this key over `message`. The message is the whole
    /// message, never its digest.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let der;
        let mut signed = signature.as_raw();
        let (algorithm, key): (&'static dyn VerificationAlgorithm, &[u8]) =
            match (&self.0, signature) {
                (Material::EcdsaP256(point), Signature::EcdsaP256(_)) => {
                    (&ECDSA_P256_SHA256_FIXED, point)
                }
                // ring reads r‖s of P-384 with SHA-384 alone.
                (Material::EcdsaP384(point), Signature::EcdsaP384(_)) => {
                    der = signature.to_der().ok_or(BadSignature)?;
                    signed = &der;
                    (&ECDSA_P384_SHA256_ASN1, point)
                }
                (Material::Ed25519(key), Signature::Ed25519(_)) => (&ED25519, key),
                (Material::Rsa(key), Signature::RsaPss(_)) => {
                    (&RSA_PSS_2048_8192_SHA256, key.pkcs1_der())
                }
                _ => return Err(BadSignature),
            };
        UnparsedPublicKey::new(algorithm, key)
            .verify(message, signed)
            .map_err(|_| BadSignature)
    }
}

fn uncompressed<const N: usize>(point: &[u8]) -> Option<[u8; N]> {
    let point: [u8; N] = point.try_into().ok()?;
    (point.first() == Some(&4)).then_some(point)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({}, {})",
            self.algorithm(),
            hex::encode(self.to_spki_der())
        )
    }
}

#[cfg(test)]
mod tests;
