use std::fmt;

use p256::pkcs8::EncodePrivateKey;
use pkcs1::RsaPrivateKeyRef;
use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{Decode, Encode, ErrorKind, Reader, SliceReader};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use privyseal_tuf::{Key, KeyId, PublicKey};
use ring::signature::{Ed25519KeyPair, KeyPair, RsaKeyPair};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::error::Problem;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A private key out of a file. Its PKCS#8, and the number of a P-256 or P-384 key, are cleared from
/// memory when it is dropped; what ring made of an RSA or Ed25519 key is not.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
    pub(super) secret: Secret,
}

/// In the form that it signs in.
pub(super) enum Secret {
    EcdsaP256(p256::SecretKey),
    EcdsaP384(p384::SecretKey),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl PrivateKey {
    /// PKCS#8 in DER (RFC 5958), not encrypted.
    #[must_use]
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The keyid under which notary keeps it.
    #[must_use]
    pub fn canonical_keyid(&self) -> KeyId {
        Key::of_notary(&self.public).keyid().clone()
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, Problem> {
        let (algorithm, private) = read_pkcs8(der).map_err(|_| Problem::Damaged)?;
        match algorithm.oid {
            EC => {
                let curve = algorithm.parameters_oid();
                Self::of_curve(private, curve.map_err(|_| Problem::Damaged)?)
            }
            RSA => Self::from_pkcs1(private),
            ED25519 => {
                let pkcs8 = write_pkcs8(algorithm, private).map_err(|_| Problem::Damaged)?;
                let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8);
                let key = key.map_err(|_| Problem::Damaged)?;
                let public = key.public_key().as_ref().try_into();
                let public = PublicKey::ed25519(public.map_err(|_| Problem::Damaged)?);
                Ok(Self::new(pkcs8, public, Secret::Ed25519(key)))
            }
            other => Err(Problem::Kind(format!("of algorithm {other}"))),
        }
    }

    /// What stands in `EC PRIVATE KEY` (RFC 5915).
    pub(super) fn from_sec1(der: &[u8]) -> Result<Self, Problem> {
        let key = EcPrivateKey::from_der(der).map_err(|error| match error.kind() {
            // A curve that is written out, and has no name.
            ErrorKind::TagUnexpected { .. } => {
                Problem::Kind("on a curve without a name".to_owned())
            }
            _ => Problem::Damaged,
        })?;
        let curve = key.parameters.and_then(|curve| curve.named_curve());
        Self::of_curve(der, curve.ok_or(Problem::Damaged)?)
    }

    fn of_curve(sec1: &[u8], curve: ObjectIdentifier) -> Result<Self, Problem> {
        match curve {
            P256 => {
                let key = p256::SecretKey::from_sec1_der(sec1).map_err(|_| Problem::Damaged)?;
                let pkcs8 = key.to_pkcs8_der().map_err(|_| Problem::Damaged)?;
                let point = key.public_key().to_sec1_bytes();
                let public = PublicKey::ecdsa_p256(&point)?;
                let pkcs8 = pkcs8.as_bytes().to_vec();
                Ok(Self::new(pkcs8, public, Secret::EcdsaP256(key)))
            }
            P384 => {
                let key = p384::SecretKey::from_sec1_der(sec1).map_err(|_| Problem::Damaged)?;
                let pkcs8 = key.to_pkcs8_der().map_err(|_| Problem::Damaged)?;
                let point = key.public_key().to_sec1_bytes();
                let public = PublicKey::ecdsa_p384(&point)?;
                let pkcs8 = pkcs8.as_bytes().to_vec();
                Ok(Self::new(pkcs8, public, Secret::EcdsaP384(key)))
            }
            other => Err(Problem::Kind(format!("on the curve {other}"))),
        }
    }

    /// What stands in `RSA PRIVATE KEY` (RFC 8017, appendix A.1.2).
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, Problem> {
        let key = RsaPrivateKeyRef::from_der(der).map_err(|_| Problem::Damaged)?;
        let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
        let public = PublicKey::rsa(modulus, exponent)?;
        let pair = RsaKeyPair::from_der(der);
        let pair =
            pair.map_err(|reason| Problem::Kind(format!("RSA that ring refuses ({reason})")))?;
        let algorithm = AlgorithmIdentifierRef {
            oid: RSA,
            parameters: Some(AnyRef::NULL),
        };
        let pkcs8 = write_pkcs8(algorithm, der).map_err(|_| Problem::Damaged)?;
        Ok(Self::new(pkcs8, public, Secret::Rsa(Box::new(pair))))
    }

    fn new(pkcs8: Vec<u8>, public: PublicKey, secret: Secret) -> Self {
        Self {
            pkcs8: Zeroizing::new(pkcs8),
            public,
            secret,
        }
    }
}

/// The algorithm and the key itself out of PKCS#8. Notary calls it version 2 without the public key
/// that version 2 has (RFC 5958, section 2), so the version is not held against it.
fn read_pkcs8(der: &[u8]) -> pkcs8::der::Result<(AlgorithmIdentifierRef<'_>, &[u8])> {
    let mut reader = SliceReader::new(der)?;
    let read = reader.sequence(|reader| -> pkcs8::der::Result<_> {
        let _version = u8::decode(reader)?;
        let algorithm = AlgorithmIdentifierRef::decode(reader)?;
        let private = <&OctetStringRef>::decode(reader)?;
        while !reader.is_finished() {
            AnyRef::decode(reader)?;
        }
        Ok((algorithm, private.as_bytes()))
    })?;
    reader.finish()?;
    Ok(read)
}

fn write_pkcs8(
    algorithm: AlgorithmIdentifierRef<'_>,
    private: &[u8],
) -> pkcs8::der::Result<Vec<u8>> {
    PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(private)?).to_der()
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey of {:?}", self.public)
    }
}
