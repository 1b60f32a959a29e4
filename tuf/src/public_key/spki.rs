use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use spki::der::asn1::{AnyRef, BitStringRef};
use spki::der::pem::PemLabel;
use spki::der::{Decode, Document, Encode};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::{Material, PublicKeyError, RsaKey};

/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1, which is P-256 (RFC 5480, section 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// secp384r1, which is P-384 (RFC 5480, section 2.1.1.1).
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// rsaEncryption (RFC 3279, section 2.3.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Everything of a P-256 SubjectPublicKeyInfo before its 65-byte uncompressed point.
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Everything of a P-384 SubjectPublicKeyInfo before its 97-byte uncompressed point.
const P384_PREFIX: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];
/// Everything of an Ed25519 SubjectPublicKeyInfo before its 32-byte key.
const ED25519_PREFIX: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

pub(super) fn decode(der: &[u8]) -> Result<Material, PublicKeyError> {
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| PublicKeyError::Spki)?;
    let key = info
        .subject_public_key
        .as_bytes()
        .ok_or(PublicKeyError::Spki)?;
    match info.algorithm.oid {
        EC => decode_ec(&info.algorithm, key),
        ED25519 => {
            let key = key
                .try_into()
                .map_err(|_| PublicKeyError::Ed25519Length(key.len()))?;
            Ok(Material::Ed25519(key))
        }
        RSA => RsaKey::from_pkcs1_der(key).map(Material::Rsa),
        other => Err(PublicKeyError::Unsupported(other.to_string())),
    }
}

pub(super) fn decode_pem(pem: &str) -> Result<Material, PublicKeyError> {
    let (label, document) = Document::from_pem(pem.trim()).map_err(|_| PublicKeyError::Pem)?;
    SubjectPublicKeyInfoRef::validate_pem_label(label).map_err(|_| PublicKeyError::Pem)?;
    decode(document.as_bytes())
}

/// The point may be compressed in the wild; it is kept uncompressed.
fn decode_ec(
    algorithm: &AlgorithmIdentifierRef<'_>,
    key: &[u8],
) -> Result<Material, PublicKeyError> {
    let curve = algorithm
        .parameters_oid()
        .map_err(|_| PublicKeyError::Spki)?;
    match curve {
        P256 => {
            let refused = |_| PublicKeyError::Point("P-256");
            let key = p256::PublicKey::from_sec1_bytes(key).map_err(refused)?;
            let point = p256::Sec1Point::from(key);
            let point = point.as_bytes().try_into();
            let point = point.map_err(|_| PublicKeyError::Point("P-256"))?;
            Ok(Material::EcdsaP256(point))
        }
        P384 => {
            let refused = |_| PublicKeyError::Point("P-384");
            let key = p384::PublicKey::from_sec1_bytes(key).map_err(refused)?;
            let point = p384::Sec1Point::from(key);
            let point = point.as_bytes().try_into();
            let point = point.map_err(|_| PublicKeyError::Point("P-384"))?;
            Ok(Material::EcdsaP384(point))
        }
        other => Err(PublicKeyError::Unsupported(other.to_string())),
    }
}

pub(super) fn encode(material: &Material) -> Vec<u8> {
    match material {
        Material::EcdsaP256(point) => [P256_PREFIX, point].concat(),
        Material::EcdsaP384(point) => [P384_PREFIX, point].concat(),
        Material::Ed25519(key) => [ED25519_PREFIX, key].concat(),
        Material::Rsa(key) => key.spki_der().to_vec(),
    }
}

/// Text lines of 64 characters (RFC 7468, section 2), as OpenSSL and Python's cryptography write
/// them: a keyid is a digest over this very text.
pub(super) fn encode_pem(material: &Material) -> String {
    let text = STANDARD.encode(encode(material));
    let mut pem = String::with_capacity(text.len() + 64);
    pem.push_str("-----BEGIN PUBLIC KEY-----\n");
    for (index, character) in text.char_indices() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}

/// rsaEncryption with its NULL parameters (RFC 3279, section 2.3.1).
pub(super) fn encode_rsa(pkcs1_der: &[u8]) -> Result<Vec<u8>, PublicKeyError> {
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: RSA,
            parameters: Some(AnyRef::NULL),
        },
        subject_public_key: BitStringRef::from_bytes(pkcs1_der)
            .map_err(|_| PublicKeyError::Spki)?,
    };
    info.to_der().map_err(|_| PublicKeyError::Spki)
}
