//! A client certificate: the names in it, and whether it still stands.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use privyseal_tuf::Sha256Digest;
use x509_cert::{
    Certificate as X509,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::spec::email;
use crate::denial::{Denial, Reason};

/// A client certificate whose chain and private key TLS has proved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    fingerprint: Sha256Digest,
    dns: Vec<String>,
    emails: Vec<String>,
    uris: Vec<String>,
}

/// A certificate that can't be read, though TLS accepted it.
#[derive(Debug, thiserror::Error)]
#[error("the client certificate can't be read: {0}")]
pub struct BadCertificate(#[from] x509_cert::der::Error);

impl Certificate {
    /// Reads the names of a certificate, which is `der`.
    ///
    /// # Errors
    /// Where it is no certificate, or its subject alternative names are not what they should be.
    pub fn read(der: &[u8]) -> Result<(Self, SystemTime), BadCertificate> {
        let certificate = X509::from_der(der)?;
        let tbs = certificate.tbs_certificate();
        let mut read = Self {
            fingerprint: Sha256Digest::of(der),
            dns: Vec::new(),
            emails: Vec::new(),
            uris: Vec::new(),
        };
        if let Some((_, SubjectAltName(names))) = tbs.get_extension()? {
            for name in names {
                match name {
                    GeneralName::DnsName(name) => read.dns.push(name.as_str().to_ascii_lowercase()),
                    GeneralName::Rfc822Name(name) => read.emails.extend(email(name.as_str())),
                    GeneralName::UniformResourceIdentifier(uri) => {
                        read.uris.push(uri.as_str().to_owned());
                    }
                    _ => {}
                }
            }
        }
        let until = tbs.validity().not_after.to_system_time();
        Ok((read, until))
    }

    /// SHA-256 of its DER.
    #[must_use]
    pub fn fingerprint(&self) -> &Sha256Digest {
        &self.fingerprint
    }

    /// Its first name, as the config would write it.
    pub(super) fn name(&self) -> String {
        let dns = self.dns.iter().map(|name| format!("dns:{name}"));
        let emails = self.emails.iter().map(|name| format!("email:{name}"));
        let uris = self.uris.iter().map(|name| format!("uri:{name}"));
        let first = dns.chain(emails).chain(uris).next();
        // Names are the CA's word, and logs are read on terminals.
        let shown = first.map(|name| name.escape_debug().take(255).collect());
        shown.unwrap_or_else(|| format!("cert:{}", self.fingerprint))
    }

    pub(super) fn has_dns(&self, name: &str) -> bool {
        self.dns.iter().any(|have| have == name)
    }

    pub(super) fn has_email(&self, address: &str) -> bool {
        self.emails.iter().any(|have| have == address)
    }

    pub(super) fn has_uri(&self, uri: &str) -> bool {
        self.uris.iter().any(|have| have == uri)
    }
}

/// Whether the certificate of a connection still holds.
#[derive(Debug)]
pub struct Standing {
    until: SystemTime,
    withdrawn: AtomicBool,
}

impl Standing {
    /// Holds until then, unless it is withdrawn before.
    #[must_use]
    pub fn new(until: SystemTime) -> Self {
        Self {
            until,
            withdrawn: AtomicBool::new(false),
        }
    }

    /// The certificate was revoked, or its CA is no longer trusted.
    pub fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Relaxed);
    }

    /// The time that is left to it.
    #[must_use]
    pub fn left(&self) -> Duration {
        let left = self.until.duration_since(SystemTime::now());
        left.unwrap_or_default()
    }

    pub(super) fn check(&self, name: &str) -> Result<(), Denial> {
        if self.withdrawn.load(Ordering::Relaxed) {
            let message = format!("the certificate of {name} was revoked, or its CA is gone");
            return Err(Denial::new(Reason::CertificateRevoked, message));
        }
        if self.left().is_zero() {
            let message = format!("the certificate of {name} has expired");
            return Err(Denial::new(Reason::CertificateExpired, message));
        }
        Ok(())
    }
}
