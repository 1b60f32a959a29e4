//! CAs and YubiKeys that write any attestation they are told to.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName,
    DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
    SignatureAlgorithm, SigningKey,
};
use x509_cert::der::{
    Any, Decode, Encode, Reader, SliceReader, Tag,
    asn1::{AnyRef, BitString},
};

use super::super::{AttestationChain, AttestationError, Attested, Roots, verify};

pub(super) const FIRMWARE: u64 = 3;
pub(super) const SERIAL: u64 = 7;
pub(super) const POLICIES: u64 = 8;
pub(super) const FORM_FACTOR: u64 = 9;
pub(super) const FIPS: u64 = 10;
pub(super) const CSPN: u64 = 11;

/// A CA, or slot F9 of a YubiKey, with its key.
pub(super) struct Authority(pub(super) CertifiedIssuer<'static, KeyPair>);

/// How a CA's certificate is made.
pub(super) struct Making {
    pub(super) is_ca: IsCa,
    pub(super) usages: Vec<KeyUsagePurpose>,
    pub(super) extensions: Vec<CustomExtension>,
    pub(super) algorithm: &'static SignatureAlgorithm,
}

impl Default for Making {
    fn default() -> Self {
        Self {
            is_ca: IsCa::Ca(BasicConstraints::Unconstrained),
            usages: Vec::new(),
            extensions: Vec::new(),
            algorithm: &PKCS_ECDSA_P256_SHA256,
        }
    }
}

impl Making {
    pub(super) fn over(most: u8) -> Self {
        Self {
            is_ca: IsCa::Ca(BasicConstraints::Constrained(most)),
            ..Self::default()
        }
    }
}

impl Authority {
    pub(super) fn root(name: &str) -> Self {
        Self::make(name, None, Making::over(1))
    }

    pub(super) fn f9(&self) -> Self {
        Self::make("Forged F9", Some(self), Making::over(0))
    }

    pub(super) fn make(name: &str, issuer: Option<&Self>, making: Making) -> Self {
        let key = KeyPair::generate_for(making.algorithm).unwrap();
        let mut params = params(name);
        params.is_ca = making.is_ca;
        params.key_usages = making.usages;
        params.custom_extensions = making.extensions;
        Self(
            match issuer {
                None => CertifiedIssuer::self_signed(params, key),
                Some(issuer) => CertifiedIssuer::signed_by(params, key, &issuer.0),
            }
            .unwrap(),
        )
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.0.as_ref().der().to_vec()
    }

    pub(super) fn roots(&self) -> Roots {
        let mut roots = Roots::default();
        assert_eq!(roots.add_pem(self.0.as_ref().pem().as_bytes()), Ok(1));
        roots
    }

    /// Signs what stands in a certificate anew, after `edit`; no length may change.
    pub(super) fn sign_anew(&self, der: &[u8], edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let body = AnyRef::from_der(der).unwrap().value();
        let mut reader = SliceReader::new(body).unwrap();
        let mut tbs = reader.tlv_bytes().unwrap().to_vec();
        let algorithm = reader.tlv_bytes().unwrap().to_vec();
        edit(&mut tbs);
        let signature = self.0.key().sign(&tbs).unwrap();
        let signature = BitString::from_bytes(&signature).unwrap().to_der().unwrap();
        let body = [tbs, algorithm, signature].concat();
        Any::new(Tag::Sequence, body).unwrap().to_der().unwrap()
    }
}

/// An attestation before it is signed.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) subject: String,
    pub(super) is_ca: IsCa,
    pub(super) extensions: Vec<CustomExtension>,
    pub(super) algorithm: &'static SignatureAlgorithm,
}

impl Default for Leaf {
    /// Firmware 5.7.1, serial number 12345678, slot 9c, PIN always, touch always, USB-C.
    fn default() -> Self {
        let leaf = Self {
            subject: "YubiKey PIV Attestation 9c".to_owned(),
            is_ca: IsCa::NoCa,
            extensions: Vec::new(),
            algorithm: &PKCS_ECDSA_P256_SHA256,
        };
        leaf.and(FIRMWARE, &[5, 7, 1])
            .and(SERIAL, &[2, 4, 0x00, 0xbc, 0x61, 0x4e])
            .and(POLICIES, &[3, 2])
            .and(FORM_FACTOR, &[3])
    }
}

impl Leaf {
    /// With one more extension.
    pub(super) fn and(mut self, arc: u64, value: &[u8]) -> Self {
        self.extensions.push(extension(arc, value));
        self
    }

    pub(super) fn without(mut self, arc: u64) -> Self {
        let gone =
            |extension: &CustomExtension| extension.oid_components().eq(oid(arc).iter().copied());
        self.extensions.retain(|extension| !gone(extension));
        self
    }

    /// With another value of an extension.
    pub(super) fn with(self, arc: u64, value: &[u8]) -> Self {
        self.without(arc).and(arc, value)
    }

    pub(super) fn of(self, subject: &str) -> Self {
        let subject = subject.to_owned();
        Self { subject, ..self }
    }

    pub(super) fn key(&self) -> KeyPair {
        KeyPair::generate_for(self.algorithm).unwrap()
    }

    pub(super) fn signed(&self, f9: &Authority) -> Vec<u8> {
        self.signed_for(&self.key(), f9)
    }

    pub(super) fn signed_for(&self, key: &impl PublicKeyData, f9: &Authority) -> Vec<u8> {
        let mut params = params(&self.subject);
        params.is_ca = self.is_ca;
        params.custom_extensions = self.extensions.clone();
        params.serial_number = Some(SerialNumber::from(vec![1; 16]));
        params.signed_by(key, &f9.0).unwrap().der().to_vec()
    }

    /// Verifies the attestation as a YubiKey writes it under a root that is trusted.
    pub(super) fn verified(&self) -> Result<Attested, AttestationError> {
        let root = Authority::root("Root");
        let f9 = root.f9();
        check(vec![self.signed(&f9), f9.der()], &root.roots())
    }
}

pub(super) fn check(ders: Vec<Vec<u8>>, roots: &Roots) -> Result<Attested, AttestationError> {
    verify(&AttestationChain::from_der(ders).unwrap(), roots)
}

pub(super) fn extension(arc: u64, value: &[u8]) -> CustomExtension {
    CustomExtension::from_oid_content(&oid(arc), value.to_vec())
}

fn oid(arc: u64) -> [u64; 9] {
    [1, 3, 6, 1, 4, 1, 41482, 3, arc]
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Puts `new` in the place of the one `old`.
pub(super) fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let at = |window: &[u8]| window == old;
    assert_eq!(
        bytes.windows(old.len()).filter(|window| at(window)).count(),
        1
    );
    let at = bytes.windows(old.len()).position(at).unwrap();
    bytes[at..at + old.len()].copy_from_slice(new);
}
