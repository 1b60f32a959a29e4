mod name;

use spki::ObjectIdentifier;
use spki::der::Encode;
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::BasicConstraints;

use crate::{PublicKey, PublicKeyError};

/// The certificate of a key, as notary's `ecdsa-x509` and `rsa-x509` keys have it: PEM, the leaf
/// first, then intermediates. Read, not verified: whom it names and from when to when it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The leaf and its intermediates, each in DER.
    pub chain: Vec<Vec<u8>>,
    /// The last common name of the leaf's subject, where that is a UTF8String or a PrintableString;
    /// else empty.
    pub common_name: String,
    /// Unix time in seconds.
    pub not_before: i64,
    /// Unix time in seconds.
    pub not_after: i64,
    /// Whether its basic constraints say that it is a certificate authority's.
    pub is_ca: bool,
    /// Whether the chain has another certificate that is no authority's, which notary refuses.
    pub has_other_leaf: bool,
    /// Whether it is signed over SHA-1 or MD5, which notary refuses.
    pub is_weak: bool,
    /// The leaf's SubjectPublicKeyInfo in DER, as it stands there.
    pub spki: Vec<u8>,
}

/// Why a certificate can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACertificate {
    /// Not PEM with the label `CERTIFICATE` (RFC 7468).
    #[error("not a PEM certificate (\"-----BEGIN CERTIFICATE-----\")")]
    Pem,
    /// Not a certificate (RFC 5280, section 4.1).
    #[error("not an X.509 certificate")]
    X509,
    /// A name in it has characters that its kind of string has not, so that Go reads none of it.
    #[error("a name in the certificate has characters that a string of its kind can't have")]
    Name,
    /// More certificates than a chain has.
    #[error("{0} certificates are more than the {MAX_CHAIN} that are read")]
    TooMany(usize),
    /// Of a key that can't be used.
    #[error("the certificate's key: {0}")]
    Key(#[from] PublicKeyError),
}

/// The longest chain that is read.
const MAX_CHAIN: usize = 16;

/// The longest PEM that is read, in bytes.
const MAX_PEM: usize = 256 << 10;

/// md5WithRSAEncryption, sha1WithRSAEncryption, dsa-with-sha1 and ecdsa-with-SHA1 (RFC 3279); and
/// sha1WithRSASignature, as the OIW called the second.
const WEAK: [ObjectIdentifier; 5] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
    ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
    ObjectIdentifier::new_unwrap("1.3.14.3.2.29"),
];

impl Certificate {
    /// Reads a PEM chain.
    ///
    /// # Errors
    /// Where it is none, or too long.
    pub fn from_pem(pem: &[u8]) -> Result<Self, NotACertificate> {
        if pem.len() > MAX_PEM {
            return Err(NotACertificate::Pem);
        }
        let chain = X509::load_pem_chain(pem).map_err(|_| NotACertificate::Pem)?;
        if chain.len() > MAX_CHAIN {
            return Err(NotACertificate::TooMany(chain.len()));
        }
        let (leaf, others) = chain.split_first().ok_or(NotACertificate::Pem)?;
        if !chain.iter().all(name::go_reads) {
            return Err(NotACertificate::Name);
        }
        let mut has_other_leaf = false;
        for other in others {
            has_other_leaf |= !is_ca(other)?;
        }
        let der = |certificate: &X509| certificate.to_der().map_err(|_| NotACertificate::X509);
        let tbs = leaf.tbs_certificate();
        let validity = tbs.validity();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let spki = tbs.subject_public_key_info();
        Ok(Self {
            common_name: name::common_name(leaf),
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
            is_ca: is_ca(leaf)?,
            has_other_leaf,
            is_weak: WEAK.contains(&leaf.signature_algorithm().oid),
            spki: spki.to_der().map_err(|_| NotACertificate::X509)?,
            chain: chain.iter().map(der).collect::<Result<_, _>>()?,
        })
    }

    /// The key that it is for.
    ///
    /// # Errors
    /// Where it is of an algorithm that is not supported.
    pub fn public_key(&self) -> Result<PublicKey, PublicKeyError> {
        PublicKey::from_spki_der(&self.spki)
    }

    /// Whether it may be the root certificate of a repository: its common name is the repository's,
    /// a prefix of it with `*` at the end, or `*`.
    pub fn names(&self, gun: &str) -> bool {
        match self.common_name.strip_suffix('*') {
            Some("") => true,
            Some(prefix) => prefix.ends_with('/') && gun.starts_with(prefix),
            None => self.common_name == gun,
        }
    }
}

fn is_ca(certificate: &X509) -> Result<bool, NotACertificate> {
    let tbs = certificate.tbs_certificate();
    let constraints = tbs.get_extension::<BasicConstraints>();
    let constraints = constraints.map_err(|_| NotACertificate::X509)?;
    Ok(constraints.is_some_and(|(_, constraints)| constraints.ca))
}
