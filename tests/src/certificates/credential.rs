//! A certificate and its key.

use std::path::{Path, PathBuf};

use rcgen::{Issuer, KeyPair, SerialNumber};
use ring::digest::{SHA256, digest};

use super::file::{self, Access};
use super::{Leaf, common_name, serial};

/// A certificate that a [`super::Ca`] issued, and its private key.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// Its key, PKCS#8 in PEM, which only its owner may read.
    pub key: PathBuf,
    der: Vec<u8>,
    serial: Vec<u8>,
}

impl Credential {
    pub(super) fn issue(
        directory: &Path,
        name: &str,
        leaf: Leaf,
        issuer: &Issuer<'_, KeyPair>,
    ) -> Self {
        let serial = serial();
        let mut params = leaf.params;
        params.distinguished_name = common_name(name);
        params.serial_number = Some(serial.clone());
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        let credential = Self {
            certificate: directory.join(format!("{name}.pem")),
            key: directory.join(format!("{name}.key")),
            der: certificate.der().to_vec(),
            serial: serial.to_bytes(),
        };
        file::replace(&credential.key, &key.serialize_pem(), Access::Owner);
        file::replace(
            &credential.certificate,
            &certificate.pem(),
            Access::Everyone,
        );
        credential
    }

    /// SHA-256 of the certificate's DER, hex: what `cert:` names in a config.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(digest(&SHA256, &self.der))
    }

    /// The certificate, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn serial(&self) -> SerialNumber {
        SerialNumber::from_slice(&self.serial)
    }
}
