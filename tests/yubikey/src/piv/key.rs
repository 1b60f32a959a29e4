//! Private keys: made on the card or imported, and what a card does with them.

use ed25519_dalek::Signer;
use p256::elliptic_curve::{Generate, sec1::ToSec1Point};
use rsa::{BoxedUint, RsaPrivateKey, hazmat::rsa_decrypt_and_check, traits::PublicKeyParts};
use spki::{
    AlgorithmIdentifierOwned, EncodePublicKey, ObjectIdentifier, SubjectPublicKeyInfoOwned,
    der::{Decode, asn1::BitString},
};

use crate::{
    piv::Algorithm,
    status::{Answer, Status},
    tlv::{self, Tlv},
};

/// RFC 8410.
const ID_X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// A private key.
#[derive(Clone)]
pub(crate) enum PrivateKey {
    Rsa(RsaPrivateKey),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
    X25519(x25519_dalek::StaticSecret),
}

impl PrivateKey {
    /// A new key.
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        let mut random = rand::rng();
        match algorithm {
            Algorithm::P256 => Self::P256(p256::SecretKey::generate_from_rng(&mut random)),
            Algorithm::P384 => Self::P384(p384::SecretKey::generate_from_rng(&mut random)),
            Algorithm::Ed25519 => Self::Ed25519(ed25519_dalek::SigningKey::generate(&mut random)),
            Algorithm::X25519 => {
                Self::X25519(x25519_dalek::StaticSecret::random_from_rng(&mut random))
            }
            Algorithm::Rsa1024 | Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
                let bits = algorithm.rsa_bits().expect("an RSA algorithm has a size");
                Self::Rsa(RsaPrivateKey::new(&mut random, bits).expect("a size that rsa allows"))
            }
        }
    }

    /// The key in the data of IMPORT ASYMMETRIC KEY; the exponent of an RSA key is 65537.
    pub(crate) fn import(algorithm: Algorithm, parts: &[Tlv<'_>]) -> Result<Self, Status> {
        let part = |tag| tlv::value(parts, tag).ok_or(Status::WRONG_DATA);
        let wrong = |_| Status::WRONG_DATA;
        Ok(match algorithm {
            Algorithm::P256 => {
                Self::P256(p256::SecretKey::from_bytes(&whole(part(0x06)?)?).map_err(wrong)?)
            }
            Algorithm::P384 => {
                Self::P384(p384::SecretKey::from_bytes(&whole(part(0x06)?)?).map_err(wrong)?)
            }
            Algorithm::Ed25519 => {
                Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&whole(part(0x07)?)?))
            }
            Algorithm::X25519 => {
                let secret: [u8; 32] = whole(part(0x08)?)?;
                Self::X25519(secret.into())
            }
            Algorithm::Rsa1024 | Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
                let [p, q] =
                    [0x01, 0x02].map(|tag| part(tag).map(BoxedUint::from_be_slice_vartime));
                let exponent = BoxedUint::from(65537u64);
                let key =
                    RsaPrivateKey::from_p_q(p?, q?, exponent).map_err(|_| Status::WRONG_DATA)?;
                if Some(key.size() * 8) != algorithm.rsa_bits() {
                    return Err(Status::WRONG_DATA);
                }
                Self::Rsa(key)
            }
        })
    }

    /// The public key as GENERATE and GET METADATA give it: `86` point, or `81` modulus and `82`
    /// exponent.
    pub(crate) fn public_template(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => [
                tlv::write(0x81, &key.n().to_be_bytes_trimmed_vartime()),
                tlv::write(0x82, &key.e().to_be_bytes_trimmed_vartime()),
            ]
            .concat(),
            Self::P256(key) => tlv::write(0x86, key.public_key().to_sec1_point(false).as_bytes()),
            Self::P384(key) => tlv::write(0x86, key.public_key().to_sec1_point(false).as_bytes()),
            Self::Ed25519(key) => tlv::write(0x86, key.verifying_key().as_bytes()),
            Self::X25519(key) => tlv::write(0x86, x25519_dalek::PublicKey::from(key).as_bytes()),
        }
    }

    /// The public key for a certificate (RFC 5280 section 4.1.2.7).
    pub(crate) fn public_key_info(&self) -> SubjectPublicKeyInfoOwned {
        let der = match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
            Self::P256(key) => key.public_key().to_public_key_der(),
            Self::P384(key) => key.public_key().to_public_key_der(),
            Self::Ed25519(key) => key.verifying_key().to_public_key_der(),
            Self::X25519(key) => return x25519_info(&x25519_dalek::PublicKey::from(key)),
        };
        let der = der.expect("a public key can be written");
        SubjectPublicKeyInfoOwned::from_der(der.as_bytes()).expect("what was written can be read")
    }

    /// What GENERAL AUTHENTICATE does with a challenge: RSA's private operation on a block that
    /// the host padded, ECDSA over a digest, EdDSA over the whole message.
    pub(crate) fn sign(&self, challenge: &[u8]) -> Answer {
        match self {
            Self::Rsa(key) => rsa_private(key, challenge),
            Self::P256(key) => {
                use p256::ecdsa::signature::hazmat::PrehashSigner;
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key)
                    .sign_prehash(&fitted::<32>(challenge))
                    .map_err(|_| Status::WRONG_DATA)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                use p384::ecdsa::signature::hazmat::PrehashSigner;
                let signature: p384::ecdsa::Signature = p384::ecdsa::SigningKey::from(key)
                    .sign_prehash(&fitted::<48>(challenge))
                    .map_err(|_| Status::WRONG_DATA)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(key.sign(challenge).to_bytes().to_vec()),
            Self::X25519(_) => Err(Status::WRONG_DATA),
        }
    }

    /// ECDH with another party's point; the shared secret is the x coordinate.
    pub(crate) fn agree(&self, point: &[u8]) -> Answer {
        let wrong = |_| Status::WRONG_DATA;
        match self {
            Self::P256(key) => {
                let other = p256::PublicKey::from_sec1_bytes(point).map_err(wrong)?;
                let shared = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), other.as_affine());
                Ok(shared.raw_secret_bytes().to_vec())
            }
            Self::P384(key) => {
                let other = p384::PublicKey::from_sec1_bytes(point).map_err(wrong)?;
                let shared = p384::ecdh::diffie_hellman(key.to_nonzero_scalar(), other.as_affine());
                Ok(shared.raw_secret_bytes().to_vec())
            }
            Self::X25519(key) => {
                let other: [u8; 32] = whole(point)?;
                Ok(key.diffie_hellman(&other.into()).as_bytes().to_vec())
            }
            Self::Rsa(_) | Self::Ed25519(_) => Err(Status::WRONG_DATA),
        }
    }
}

/// A value that must have its exact length.
fn whole<'a, T: TryFrom<&'a [u8]>>(value: &'a [u8]) -> Result<T, Status> {
    value.try_into().map_err(|_| Status::WRONG_DATA)
}

/// RSA's private operation; the block is as long as the modulus, and below it.
fn rsa_private(key: &RsaPrivateKey, block: &[u8]) -> Answer {
    let number =
        BoxedUint::from_be_slice(block, key.n_bits_precision()).map_err(|_| Status::WRONG_DATA)?;
    if block.len() != key.size() {
        return Err(Status::WRONG_DATA);
    }
    let result = rsa_decrypt_and_check(key, Some(&mut rand::rng()), &number)
        .map_err(|_| Status::WRONG_DATA)?;
    let digits = result.to_be_bytes();
    let mut out = vec![0; key.size().saturating_sub(digits.len())];
    out.extend_from_slice(&digits[digits.len().saturating_sub(key.size())..]);
    Ok(out)
}

/// A digest as the curve takes it: its leftmost bytes, or zeros before it.
fn fitted<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let taken = &digest[..digest.len().min(N)];
    out[N - taken.len()..].copy_from_slice(taken);
    out
}

fn x25519_info(key: &x25519_dalek::PublicKey) -> SubjectPublicKeyInfoOwned {
    SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned {
            oid: ID_X25519,
            parameters: None,
        },
        subject_public_key: BitString::from_bytes(key.as_bytes()).expect("32 bytes fit"),
    }
}
