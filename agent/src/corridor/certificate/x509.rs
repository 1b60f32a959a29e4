//! What is signed, in X.509 (RFC 5280) and PKCS#10 (RFC 2986).

use std::time::{Duration, SystemTime};

use privyseal_tuf::{Algorithm, PublicKey, Signature};
use ring::rand::{SecureRandom, SystemRandom};
use signature::Keypair;
use x509_cert::{
    Certificate, TbsCertificate,
    attr::AttributeTypeAndValue,
    builder::{self, Builder, CertificateBuilder, profile::BuilderProfile},
    der::{
        Any, Decode, Encode, EncodePem, Tag,
        asn1::{BitString, ObjectIdentifier},
        pem::LineEnding,
    },
    ext::{
        Extension, ToExtension,
        pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages},
    },
    name::{Name, RdnSequence, RelativeDistinguishedName},
    request::{CertReq, CertReqInfo, Version},
    serial_number::SerialNumber,
    spki::{
        self, AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey,
        SubjectPublicKeyInfo, SubjectPublicKeyInfoRef,
    },
    time::{Time, Validity},
};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// id-kp-codeSigning (RFC 5280, section 4.2.1.12).
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// ecdsa-with-SHA256 (RFC 5758, section 3.2).
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// id-RSASSA-PSS (RFC 4055, section 3.1).
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// RSASSA-PSS-params (RFC 4055, section 3.1): SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
const PSS_SHA256: &[u8] = &[
    0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
    0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
];

/// A certificate holds from an hour ago on, for those whose clocks are behind.
const BEFORE: Duration = Duration::from_secs(3600);

const DAY: u64 = 86_400;

/// Bytes of a random serial number.
const SERIAL: usize = 16;

/// What a key signs for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// A certificate.
    Certificate,
    /// A request that a certificate authority answers.
    Request,
}

impl CertificateKind {
    /// As the ledger names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Request => "request",
        }
    }
}

/// What is to be written.
pub(super) struct Draft<'a> {
    pub(super) key: &'a PublicKey,
    pub(super) common_name: &'a str,
    pub(super) days: u32,
}

/// What lacks its signature.
pub(super) struct Unsigned {
    bytes: Vec<u8>,
    algorithm: AlgorithmIdentifierOwned,
    form: Form,
}

enum Form {
    Certificate(Box<CertificateBuilder<Signer>>, TokenKey),
    Request(Box<CertReqInfo>),
}

impl Draft<'_> {
    /// Writes it.
    pub(super) fn unsigned(&self, kind: CertificateKind) -> builder::Result<Unsigned> {
        let key = TokenKey {
            spki: Spki(self.key.to_spki_der()),
            algorithm: algorithm(self.key.algorithm())?,
        };
        let info = SubjectPublicKeyInfo::from_der(&key.spki.0)?;
        let subject = subject(self.common_name)?;
        let algorithm = key.algorithm.clone();
        let (bytes, form) = match kind {
            CertificateKind::Certificate => {
                let is_rsa = matches!(self.key.algorithm(), Algorithm::RsaPss { .. });
                let signer = Signer { subject, is_rsa };
                let validity = validity(self.days)?;
                let mut builder = CertificateBuilder::new(signer, serial()?, validity, info)?;
                let bytes = builder.finalize(&key)?;
                (bytes, Form::Certificate(Box::new(builder), key))
            }
            CertificateKind::Request => {
                let info = CertReqInfo {
                    version: Version::V1,
                    subject,
                    public_key: info,
                    attributes: Default::default(),
                };
                (info.to_der()?, Form::Request(Box::new(info)))
            }
        };
        Ok(Unsigned {
            bytes,
            algorithm,
            form,
        })
    }
}

impl Unsigned {
    /// What is signed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When it expires, unix time in seconds; a request does not.
    pub(super) fn not_after(&self) -> Option<i64> {
        let Form::Certificate(..) = self.form else {
            return None;
        };
        let tbs = TbsCertificate::from_der(&self.bytes).ok()?;
        i64::try_from(tbs.validity().not_after.to_unix_duration().as_secs()).ok()
    }

    /// The whole in PEM.
    pub(super) fn signed(self, signature: &Signature) -> builder::Result<String> {
        let bytes = signature.to_der();
        let bytes = bytes.as_deref().unwrap_or(signature.as_raw());
        let signature = BitString::from_bytes(bytes)?;
        Ok(match self.form {
            Form::Certificate(builder, key) => {
                let certificate: Certificate = builder.assemble(signature, &key)?;
                certificate.to_pem(LineEnding::LF)?
            }
            Form::Request(info) => {
                let request = CertReq {
                    info: *info,
                    algorithm: self.algorithm,
                    signature,
                };
                request.to_pem(LineEnding::LF)?
            }
        })
    }
}

/// A key in a token, as the builder asks for it. It signs nothing here.
struct TokenKey {
    spki: Spki,
    algorithm: AlgorithmIdentifierOwned,
}

#[derive(Clone)]
struct Spki(Vec<u8>);

impl EncodePublicKey for Spki {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.0.as_slice())?)
    }
}

impl Keypair for TokenKey {
    type VerifyingKey = Spki;

    fn verifying_key(&self) -> Spki {
        self.spki.clone()
    }
}

impl DynSignatureAlgorithmIdentifier for TokenKey {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.algorithm.clone())
    }
}

/// Who signs code or images with a certificate that no authority issued, as notary writes it.
struct Signer {
    subject: Name,
    is_rsa: bool,
}

impl BuilderProfile for Signer {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let usage = match self.is_rsa {
            true => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
            false => KeyUsages::DigitalSignature.into(),
        };
        let leaf = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        let subject = &self.subject;
        Ok(vec![
            (&KeyUsage(usage)).to_extension(subject, &[])?,
            (&ExtendedKeyUsage(vec![CODE_SIGNING])).to_extension(subject, &[])?,
            (&leaf).to_extension(subject, &[])?,
        ])
    }
}

fn algorithm(algorithm: Algorithm) -> builder::Result<AlgorithmIdentifierOwned> {
    let (oid, parameters) = match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => (ECDSA_SHA256, None),
        Algorithm::Ed25519 => (ED25519, None),
        Algorithm::RsaPss { .. } => (RSA_PSS, Some(Any::from_der(PSS_SHA256)?)),
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters })
}

/// One common name. Names of repositories may be longer than the 64 characters that X.520 has room
/// for, and notary writes them all the same.
fn subject(common_name: &str) -> builder::Result<Name> {
    let name = AttributeTypeAndValue {
        oid: COMMON_NAME,
        value: Any::new(Tag::Utf8String, common_name.as_bytes())?,
    };
    let mut sequence = RdnSequence::default();
    sequence.push(RelativeDistinguishedName::try_from(vec![name])?);
    Ok(Name::from_der(&sequence.to_der()?)?)
}

fn validity(days: u32) -> builder::Result<Validity> {
    let now = SystemTime::now();
    let from = now.checked_sub(BEFORE).unwrap_or(now);
    let until = now + Duration::from_secs(u64::from(days).saturating_mul(DAY));
    Ok(Validity::new(Time::try_from(from)?, Time::try_from(until)?))
}

fn serial() -> builder::Result<SerialNumber> {
    let mut bytes = [0; SERIAL];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| signature::Error::new())?;
    Ok(SerialNumber::new(&bytes)?)
}
