use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_cert::der::pem::{LineEnding, encode_string};

use super::AttestationError;

/// Certificates in a chain. Yubico's longest has five with its root.
const MAX: usize = 8;

/// Bytes of one certificate; those of Yubico have less than 1000.
pub(super) const MAX_BYTES: usize = 4096;

/// The certificates of an attestation: first the one that the YubiKey wrote for the key, then, in
/// any order, that of its slot F9 and those above. The root itself need not be among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationChain(Vec<Vec<u8>>);

impl AttestationChain {
    /// Takes DER certificates. They are not read yet.
    ///
    /// # Errors
    /// Where there are none, more than 8, or one has more than 4 KiB.
    pub fn from_der(certificates: Vec<Vec<u8>>) -> Result<Self, AttestationError> {
        match certificates.len() {
            0 => return Err(AttestationError::Empty),
            1..=MAX => {}
            count => return Err(AttestationError::TooMany { count, most: MAX }),
        }
        match certificates.iter().map(Vec::len).max() {
            Some(bytes) if bytes > MAX_BYTES => Err(AttestationError::TooLarge { bytes }),
            _ => Ok(Self(certificates)),
        }
    }

    /// Reads PEM (RFC 7468): any number of `CERTIFICATE` sections, and text between them.
    ///
    /// # Errors
    /// Where it is not PEM, and as [`AttestationChain::from_der`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, AttestationError> {
        Self::from_der(ders(pem, MAX)?)
    }

    /// The DER certificates, in the order in which they were given.
    #[must_use]
    pub fn ders(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// As PEM, one `CERTIFICATE` section after the other.
    ///
    /// # Errors
    /// None of a chain's certificates is too long for PEM.
    pub fn to_pem(&self) -> Result<String, AttestationError> {
        let text = |der: &Vec<u8>| encode_string("CERTIFICATE", LineEnding::LF, der);
        let texts = self.0.iter().map(text).collect::<Result<String, _>>();
        texts.map_err(|error| AttestationError::Pem(error.to_string()))
    }
}

/// The certificates of a PEM text, one more than `most` at most.
pub(super) fn ders(pem: &[u8], most: usize) -> Result<Vec<Vec<u8>>, AttestationError> {
    CertificateDer::pem_slice_iter(pem)
        .take(most + 1)
        .map(|read| match read {
            Ok(der) => Ok(der.to_vec()),
            Err(error) => Err(AttestationError::Pem(error.to_string())),
        })
        .collect()
}
