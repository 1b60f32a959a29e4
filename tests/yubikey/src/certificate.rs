//! Certificates of the attestation chain (RFC 5280).

use std::{str::FromStr, time::Duration};

use spki::{
    ObjectIdentifier, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
    der::{DateTime, Encode, asn1::OctetString},
};
use x509_cert::{
    TbsCertificate,
    builder::{Builder, CertificateBuilder, Result, profile::BuilderProfile},
    ext::Extension,
    name::Name,
    serial_number::SerialNumber,
    time::{Time, Validity},
};

use crate::piv::PrivateKey;

/// What a certificate says, its key and its signature aside.
pub(crate) struct Content {
    pub(crate) subject: Name,
    pub(crate) issuer: Name,
    /// Extensions by their identifiers, with their raw bytes; true where one is critical.
    pub(crate) extensions: Vec<(ObjectIdentifier, bool, Vec<u8>)>,
}

/// Signs a certificate for `key` with `issuer`; the result is DER. Nothing for an issuer on
/// Curve25519, which YubiKeys do not attest with.
pub(crate) fn issue(
    issuer: &PrivateKey,
    content: Content,
    key: SubjectPublicKeyInfoOwned,
) -> Option<Vec<u8>> {
    let builder = CertificateBuilder::new(content, serial_number(), validity(), key)
        .expect("what a certificate says here can be written");
    let certificate = match issuer {
        PrivateKey::Rsa(key) => {
            let key = rsa::pkcs1v15::SigningKey::<sha2::Sha256>::new(key.clone());
            builder.build::<_, rsa::pkcs1v15::Signature>(&key)
        }
        PrivateKey::P256(key) => {
            let key = p256::ecdsa::SigningKey::from(key);
            builder.build::<_, p256::ecdsa::DerSignature>(&key)
        }
        PrivateKey::P384(key) => {
            let key = p384::ecdsa::SigningKey::from(key);
            builder.build::<_, p384::ecdsa::DerSignature>(&key)
        }
        PrivateKey::Ed25519(_) | PrivateKey::X25519(_) => return None,
    };
    let certificate = certificate.expect("a certificate can be signed");
    Some(certificate.to_der().expect("a certificate can be written"))
}

/// A name that consists of this common name.
pub(crate) fn common_name(name: &str) -> Name {
    Name::from_str(&format!("CN={name}")).expect("no character here has to be escaped")
}

/// The extension that marks a CA which issues leaves only.
pub(crate) fn authority_of_leaves() -> (ObjectIdentifier, bool, Vec<u8>) {
    (BASIC_CONSTRAINTS, true, vec![0x30, 6, 1, 1, 0xff, 2, 1, 0])
}

/// The extension that marks a CA.
pub(crate) fn authority() -> (ObjectIdentifier, bool, Vec<u8>) {
    (BASIC_CONSTRAINTS, true, vec![0x30, 3, 1, 1, 0xff])
}

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// Positive and random.
fn serial_number() -> SerialNumber {
    let mut bytes = [0u8; 16];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::new(&bytes).expect("sixteen bytes are within the limit of twenty")
}

/// The dates of Yubico's own chain, so that no test depends on the day it runs.
fn validity() -> Validity {
    let day = |year, month, day| {
        let date = DateTime::new(year, month, day, 0, 0, 0).expect("a date of the calendar");
        Time::try_from(std::time::UNIX_EPOCH + Duration::from_secs(date.unix_duration().as_secs()))
            .expect("a date that X.509 can hold")
    };
    Validity::new(day(2016, 3, 14), day(2052, 4, 17))
}

impl BuilderProfile for Content {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> Result<Vec<Extension>> {
        self.extensions
            .iter()
            .map(|(extn_id, critical, value)| {
                let extn_value = OctetString::new(value.as_slice())?;
                Ok(Extension {
                    extn_id: *extn_id,
                    critical: *critical,
                    extn_value,
                })
            })
            .collect()
    }
}
