//! Private keys that come from elsewhere, on their way into a token.

use std::fmt;

use pkcs1::RsaPrivateKey;
use pkcs8::{
    ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        Decode,
        asn1::{OctetStringRef, UintRef},
    },
};
use privyseal_tuf::{PublicKey, PublicKeyError};
use ring::signature::{Ed25519KeyPair, KeyPair};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 (RFC 5480, section 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// secp384r1 (RFC 5480, section 2.1.1.1).
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// rsaEncryption (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The longest PKCS#8 that is read, in bytes: RSA of 4096 bits takes 2,400.
const LONGEST: usize = 8 * 1024;

/// A private key and its public half. It is cleared from memory when it is dropped.
pub struct PrivateKey {
    public: PublicKey,
    pub(super) secret: Secret,
}

/// What a token is given of it, big-endian.
pub(super) enum Secret {
    /// The scalar of ECDSA, or the seed of Ed25519.
    Elliptic(Zeroizing<Vec<u8>>),
    Rsa(Box<RsaSecret>),
}

/// The numbers of RFC 8017, appendix A.1.2.
pub(super) struct RsaSecret {
    pub(super) modulus: Vec<u8>,
    pub(super) public_exponent: Vec<u8>,
    pub(super) private_exponent: Zeroizing<Vec<u8>>,
    pub(super) prime_1: Zeroizing<Vec<u8>>,
    pub(super) prime_2: Zeroizing<Vec<u8>>,
    pub(super) exponent_1: Zeroizing<Vec<u8>>,
    pub(super) exponent_2: Zeroizing<Vec<u8>>,
    pub(super) coefficient: Zeroizing<Vec<u8>>,
}

/// Why bytes are no private key for a token. Nothing of them is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPrivateKey {
    /// Not PKCS#8.
    #[error("not a private key in DER (PKCS#8, RFC 5958), unencrypted")]
    Pkcs8,
    /// Of another algorithm or curve.
    #[error("a private key of {0}; only P-256, P-384, Ed25519 and RSA keys are imported")]
    Unsupported(String),
    /// Its numbers make no key.
    #[error("a private key whose numbers are out of range or don't fit each other")]
    Numbers,
    /// Its public half is refused.
    #[error(transparent)]
    Public(#[from] PublicKeyError),
}

impl PrivateKey {
    /// Reads unencrypted PKCS#8 in DER (RFC 5958).
    ///
    /// # Errors
    /// Where it is none, or of an algorithm that no key here has.
    pub fn from_pkcs8(der: &Zeroizing<Vec<u8>>) -> Result<Self, NotAPrivateKey> {
        if der.len() > LONGEST {
            return Err(NotAPrivateKey::Pkcs8);
        }
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| NotAPrivateKey::Pkcs8)?;
        let key = info.private_key.as_bytes();
        match info.algorithm.oid {
            EC => {
                let curve = info.algorithm.parameters_oid();
                elliptic(curve.map_err(|_| NotAPrivateKey::Pkcs8)?, key)
            }
            ED25519 => ed25519(key),
            RSA => rsa(key),
            other => Err(NotAPrivateKey::Unsupported(format!("algorithm {other}"))),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

fn elliptic(curve: ObjectIdentifier, key: &[u8]) -> Result<PrivateKey, NotAPrivateKey> {
    let key = EcPrivateKey::from_der(key).map_err(|_| NotAPrivateKey::Pkcs8)?;
    let scalar = key.private_key;
    let (scalar, public) = match curve {
        P256 => {
            let key = p256::SecretKey::from_slice(scalar);
            let key = key.map_err(|_| NotAPrivateKey::Numbers)?;
            let point = p256::Sec1Point::from(key.public_key());
            let public = PublicKey::ecdsa_p256(point.as_bytes())?;
            (
                Zeroizing::new(Zeroizing::new(key.to_bytes()).to_vec()),
                public,
            )
        }
        P384 => {
            let key = p384::SecretKey::from_slice(scalar);
            let key = key.map_err(|_| NotAPrivateKey::Numbers)?;
            let point = p384::Sec1Point::from(key.public_key());
            let public = PublicKey::ecdsa_p384(point.as_bytes())?;
            (
                Zeroizing::new(Zeroizing::new(key.to_bytes()).to_vec()),
                public,
            )
        }
        other => return Err(NotAPrivateKey::Unsupported(format!("curve {other}"))),
    };
    Ok(PrivateKey {
        public,
        secret: Secret::Elliptic(scalar),
    })
}

/// The seed stands in an OCTET STRING of its own (RFC 8410, section 7).
fn ed25519(key: &[u8]) -> Result<PrivateKey, NotAPrivateKey> {
    let seed = <&OctetStringRef>::from_der(key).map_err(|_| NotAPrivateKey::Pkcs8)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_bytes());
    let pair = pair.map_err(|_| NotAPrivateKey::Numbers)?;
    let public = pair.public_key().as_ref().try_into();
    Ok(PrivateKey {
        public: PublicKey::ed25519(public.map_err(|_| NotAPrivateKey::Numbers)?),
        secret: Secret::Elliptic(Zeroizing::new(seed.as_bytes().to_vec())),
    })
}

fn rsa(key: &[u8]) -> Result<PrivateKey, NotAPrivateKey> {
    let key: RsaPrivateKey<UintRef<'_>> =
        RsaPrivateKey::from_der(key).map_err(|_| NotAPrivateKey::Pkcs8)?;
    if key.other_prime_infos.is_some() {
        let what = "RSA with more than two primes".to_owned();
        return Err(NotAPrivateKey::Unsupported(what));
    }
    let secret = |number: UintRef<'_>| Zeroizing::new(number.as_bytes().to_vec());
    let public = PublicKey::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
    Ok(PrivateKey {
        public,
        secret: Secret::Rsa(Box::new(RsaSecret {
            modulus: key.modulus.as_bytes().to_vec(),
            public_exponent: key.public_exponent.as_bytes().to_vec(),
            private_exponent: secret(key.private_exponent),
            prime_1: secret(key.prime1),
            prime_2: secret(key.prime2),
            exponent_1: secret(key.exponent1),
            exponent_2: secret(key.exponent2),
            coefficient: secret(key.coefficient),
        })),
    })
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What OpenSSL makes, as PKCS#8 and as the DER of its public key.
    fn made(arguments: &[&str]) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (pem, der) = (path("key.pem"), path("key.der"));
        let openssl = |arguments: &[&str]| {
            let ran = Command::new("openssl").args(arguments).output().unwrap();
            assert!(ran.status.success(), "{ran:?}");
            ran.stdout
        };
        openssl(&[&["genpkey", "-out", &pem], arguments].concat());
        openssl(&[
            "pkcs8", "-topk8", "-nocrypt", "-in", &pem, "-outform", "DER", "-out", &der,
        ]);
        let public = openssl(&["pkey", "-in", &pem, "-pubout", "-outform", "DER"]);
        (Zeroizing::new(std::fs::read(der).unwrap()), public)
    }

    const RSA: [&str; 4] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];

    fn ec(curve: &str) -> [String; 4] {
        let curve = format!("ec_paramgen_curve:{curve}");
        ["-algorithm", "EC", "-pkeyopt", &curve].map(str::to_owned)
    }

    #[test]
    fn the_public_half_is_the_one_that_openssl_finds() {
        let curves = [ec("P-256"), ec("P-384")];
        let curves = curves
            .each_ref()
            .map(|curve| curve.each_ref().map(String::as_str));
        let kinds = [&curves[0][..], &curves[1], &["-algorithm", "ed25519"], &RSA];
        for kind in kinds {
            let (der, public) = made(kind);
            let key = PrivateKey::from_pkcs8(&der).unwrap();
            assert_eq!(key.public().to_spki_der(), public, "{kind:?}");
            assert!(!format!("{key:?}").contains("secret"));
            for end in [0, 1, der.len() / 2, der.len() - 1] {
                let cut = Zeroizing::new(der[..end].to_vec());
                assert!(PrivateKey::from_pkcs8(&cut).is_err());
            }
        }
    }

    #[test]
    fn other_keys_are_named() {
        let curve = ec("P-521");
        let curve = curve.each_ref().map(String::as_str);
        for kind in [&curve[..], &["-algorithm", "ed448"]] {
            let refused = PrivateKey::from_pkcs8(&made(kind).0).unwrap_err();
            assert!(
                matches!(refused, NotAPrivateKey::Unsupported(_)),
                "{refused}"
            );
        }
        let short = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
        let refused = PrivateKey::from_pkcs8(&made(&short).0).unwrap_err();
        assert_eq!(
            refused,
            NotAPrivateKey::Public(PublicKeyError::Modulus(1024))
        );
        let long = Zeroizing::new(vec![0x30; LONGEST + 1]);
        assert_eq!(
            PrivateKey::from_pkcs8(&long).unwrap_err(),
            NotAPrivateKey::Pkcs8
        );
    }
}
