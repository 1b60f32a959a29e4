//! The CAs of callers.
//!
//! rustls takes a CA from its caller's hand without a look at what the certificate is for: any that
//! is handed to it issues certificates from then on, a client's own too. So that is found out here.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    ext::pkix::{BasicConstraints, KeyUsage},
    spki::SubjectPublicKeyInfoOwned,
};

use super::TlsError;

/// A certificate that says of itself that it issues others.
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    /// Its subject, DER.
    pub(super) name: Vec<u8>,
    pub(super) key: SubjectPublicKeyInfoOwned,
}

impl Authority {
    /// Reads a certificate of this file.
    ///
    /// # Errors
    /// Where it can't be read, or is no CA's (RFC 5280, sections 4.2.1.3 and 4.2.1.9).
    pub(super) fn read(
        path: &Path,
        certificate: CertificateDer<'static>,
    ) -> Result<Self, TlsError> {
        let bad = |error: x509_cert::der::Error| {
            TlsError::Certificates(path.to_owned(), error.to_string())
        };
        let read = Certificate::from_der(&certificate).map_err(bad)?;
        let tbs = read.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().map_err(bad)?;
        let usage = tbs.get_extension::<KeyUsage>().map_err(bad)?;
        let lacks = if !constraints.is_some_and(|(_, constraints)| constraints.ca) {
            Some("basicConstraints CA:TRUE")
        } else if usage.is_some_and(|(_, usage)| !usage.key_cert_sign()) {
            Some("keyCertSign in its keyUsage")
        } else {
            None
        };
        if let Some(lacks) = lacks {
            return Err(TlsError::NoCa {
                path: path.to_owned(),
                // Names are whoever's word, and logs are read on terminals.
                subject: tbs.subject().to_string().escape_debug().to_string(),
                lacks,
            });
        }
        Ok(Self {
            name: tbs.subject().to_der().map_err(bad)?,
            key: tbs.subject_public_key_info().clone(),
            certificate,
        })
    }
}
