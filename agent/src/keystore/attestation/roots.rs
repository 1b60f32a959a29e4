//! The roots that attestations are trusted for.

use privyseal_tuf::Sha256Digest;

use super::{AttestationError, certificate::Certificate, chain::ders};

/// Certificates in one file of an operator.
const MAX: usize = 32;

/// "Yubico PIV Root CA Serial 263751", which signed F9's certificate up to firmware 5.7.3
/// (developers.yubico.com/PKI/yubico-piv-ca-1.pem).
const PIV_ROOT: &str = include_str!("yubico/piv-root-ca-263751.pem");

/// "Yubico Attestation Root 1" of December 2024, for firmware 5.7.4 and newer
/// (developers.yubico.com/PKI/yubico-ca-1.pem).
const ATTESTATION_ROOT: &str = include_str!("yubico/attestation-root-1.pem");

/// Yubico's certificates between that root and F9's, as far as they are for PIV
/// (developers.yubico.com/PKI/yubico-intermediate.pem). A YubiKey holds its F9 certificate alone.
const BETWEEN: &str = include_str!("yubico/piv-intermediates.pem");

/// The roots that are trusted, and certificates that may stand between them and a chain. Empty at
/// first: then nothing is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    roots: Vec<Root>,
    between: Vec<Certificate>,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    certificate: Certificate,
    fingerprint: Sha256Digest,
}

impl Roots {
    /// The roots of Yubico, both.
    ///
    /// # Errors
    /// Where one of them can't be read, which a test rules out.
    pub fn yubico() -> Result<Self, AttestationError> {
        let mut roots = Self::default();
        for pem in [PIV_ROOT, ATTESTATION_ROOT] {
            roots.add_pem(pem.as_bytes())?;
        }
        let between = ders(BETWEEN.as_bytes(), MAX)?;
        let between = between.iter().enumerate();
        let between = between.map(|(index, der)| Certificate::read(der, index));
        roots.between = between.collect::<Result<_, _>>()?;
        Ok(roots)
    }

    /// Trusts the CA certificates of an operator's PEM file too: for YubiKeys whose key in F9 was
    /// replaced, and for those of a maker that this agent does not know yet. Says how many there were.
    ///
    /// # Errors
    /// Where there are none or more than 32, one can't be read, or one is no CA's.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<usize, AttestationError> {
        let ders = ders(pem, MAX)?;
        match ders.len() {
            0 => return Err(AttestationError::Empty),
            1..=MAX => {}
            count => return Err(AttestationError::TooMany { count, most: MAX }),
        }
        let read = ders.iter().enumerate().map(|(index, der)| {
            let certificate = Certificate::read(der, index)?;
            certificate.check_issuer(0)?;
            Ok(Root {
                certificate,
                fingerprint: Sha256Digest::of(der),
            })
        });
        let mut read = read.collect::<Result<Vec<_>, AttestationError>>()?;
        read.retain(|root| !self.roots.contains(root));
        self.roots.append(&mut read);
        Ok(ders.len())
    }

    /// Each root.
    pub fn iter(&self) -> impl Iterator<Item = &Root> {
        self.roots.iter()
    }

    /// Is the certificate of this SHA-256 a root that is trusted?
    #[must_use]
    pub fn trusts(&self, fingerprint: &Sha256Digest) -> bool {
        self.roots
            .iter()
            .any(|root| root.fingerprint == *fingerprint)
    }

    /// Certificates that come with the roots. They are trusted for nothing by themselves.
    pub(super) fn between(&self) -> &[Certificate] {
        &self.between
    }
}

impl Root {
    /// Its subject, such as "CN=Yubico Attestation Root 1".
    #[must_use]
    pub fn name(&self) -> String {
        self.certificate.name()
    }

    /// SHA-256 of the DER certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256Digest {
        self.fingerprint
    }

    pub(super) fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}
