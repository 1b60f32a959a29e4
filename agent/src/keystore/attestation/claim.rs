use privyseal_tuf::PublicKey;
use x509_cert::der::Encode;

use super::{certificate::Certificate, statement};
use crate::keystore::Policies;

/// What an attestation claims. Nothing of it is verified, so it is good for no more than to find an
/// attestation among other certificates, and to tell a person what the device will ask for.
#[derive(Debug, Clone)]
pub(in crate::keystore) struct Claim {
    /// The key that it speaks of.
    pub(in crate::keystore) public_key: PublicKey,
    /// When the key asks for a PIN or a touch.
    pub(in crate::keystore) policies: Policies,
    certificate: Certificate,
}

impl Claim {
    /// Reads DER; none where it is no attestation of a key that can sign here.
    pub(in crate::keystore) fn read(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::read(der, 0).ok()?;
        statement::slot(&certificate).ok()?;
        let policies = statement::read(&certificate).ok()?.policies;
        let spki = certificate.spki().to_der().ok()?;
        Some(Self {
            public_key: PublicKey::from_spki_der(&spki).ok()?,
            policies,
            certificate,
        })
    }

    /// Does this certificate bear the name of whoever issued the attestation?
    pub(in crate::keystore) fn names_as_issuer(&self, der: &[u8]) -> bool {
        Certificate::read(der, 0).is_ok_and(|issuer| issuer.subject() == self.certificate.issuer())
    }
}
