use pkcs1::RsaPublicKey;
use pkcs1::der::asn1::UintRef;
use pkcs1::der::{Decode, Encode};

use super::{PublicKeyError, spki};

/// An RSA public key, kept as the PKCS#1 DER that ring verifies with (RFC 8017, appendix A.1.1).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaKey {
    pkcs1_der: Vec<u8>,
    spki_der: Vec<u8>,
    bits: u16,
}

impl RsaKey {
    pub(super) fn new(modulus_be: &[u8], exponent_be: &[u8]) -> Result<Self, PublicKeyError> {
        let modulus = without_leading_zeros(modulus_be);
        let exponent = without_leading_zeros(exponent_be);
        let bits = check_modulus(modulus)?;
        check_exponent(exponent)?;
        let key = RsaPublicKey {
            modulus: UintRef::new(modulus).map_err(|_| PublicKeyError::Spki)?,
            public_exponent: UintRef::new(exponent).map_err(|_| PublicKeyError::Spki)?,
        };
        let pkcs1_der = key.to_der().map_err(|_| PublicKeyError::Spki)?;
        let spki_der = spki::encode_rsa(&pkcs1_der)?;
        Ok(Self {
            pkcs1_der,
            spki_der,
            bits,
        })
    }

    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let key: RsaPublicKey<UintRef<'_>> =
            RsaPublicKey::from_der(der).map_err(|_| PublicKeyError::Spki)?;
        Self::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    pub(super) fn numbers(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let key: RsaPublicKey<UintRef<'_>> = RsaPublicKey::from_der(&self.pkcs1_der).ok()?;
        let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
        Some((modulus.to_vec(), exponent.to_vec()))
    }

    pub(super) fn pkcs1_der(&self) -> &[u8] {
        &self.pkcs1_der
    }

    pub(super) fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    pub(super) fn bits(&self) -> u16 {
        self.bits
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn check_modulus(modulus: &[u8]) -> Result<u16, PublicKeyError> {
    let top_bits = modulus
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = (modulus.len() * 8).saturating_sub(top_bits);
    let odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
    match u16::try_from(bits) {
        Ok(short) if odd && (2048..=4096).contains(&short) && short % 8 == 0 => Ok(short),
        _ => Err(PublicKeyError::Modulus(bits)),
    }
}

/// ring verifies with exponents of 3 to 2³³-1; all others would be keys that never verify.
fn check_exponent(exponent: &[u8]) -> Result<(), PublicKeyError> {
    if exponent.len() > 5 {
        return Err(PublicKeyError::Exponent);
    }
    let value = exponent
        .iter()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    if (3..1 << 33).contains(&value) && value & 1 == 1 {
        Ok(())
    } else {
        Err(PublicKeyError::Exponent)
    }
}
