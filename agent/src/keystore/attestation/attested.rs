use std::fmt;

use privyseal_tuf::{PublicKey, Sha256Digest};
use x509_cert::der::Encode;

use super::{
    AttestationError, Firmware, FormFactor, certificate::Certificate, path::Path, statement,
    statement::Statement,
};
use crate::keystore::{Policies, Slot};

/// What an attestation proves of a key, as far as its root is trusted: that the private key was
/// generated in this slot of this YubiKey, that it can't leave it, and what each use of it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The public half.
    pub public_key: PublicKey,
    /// The YubiKey's serial number.
    pub serial: u32,
    /// The YubiKey's firmware.
    pub firmware: Firmware,
    /// The slot in which the key was when it was attested.
    pub slot: Slot,
    /// When the key asks for a PIN or a touch. They can't be changed.
    pub policies: Policies,
    /// The YubiKey's shape; YubiKeys 4 don't say.
    pub form_factor: Option<FormFactor>,
    /// Is it of the FIPS series?
    pub fips: bool,
    /// Is it of the CSPN series?
    pub cspn: bool,
    /// Who is trusted for all this.
    pub root: RootId,
    /// The way to the root, DER: the attestation, F9's certificate, and what stands above it. With
    /// the root, all that another program needs to verify this.
    pub path: Vec<Vec<u8>>,
}

/// The root at which an attestation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootId {
    /// Its subject, such as "CN=Yubico Attestation Root 1".
    pub name: String,
    /// SHA-256 of its DER certificate.
    pub fingerprint: Sha256Digest,
    /// The certificate, DER.
    pub der: Vec<u8>,
}

impl Attested {
    pub(super) fn new(
        leaf: &Certificate,
        slot: Slot,
        statement: Statement,
        path: &Path<'_>,
    ) -> Result<Self, AttestationError> {
        let key = |why: String| AttestationError::PublicKey { why };
        let spki = leaf
            .spki()
            .to_der()
            .map_err(|error| key(error.to_string()))?;
        let public_key = PublicKey::from_spki_der(&spki).map_err(|error| key(error.to_string()))?;
        let byte = statement.form_factor;
        // The leaf has it in a bit, F9's certificate in an extension of its own.
        let says = |found: fn(&Certificate) -> bool| found(leaf) || found(path.signer());
        Ok(Self {
            public_key,
            serial: statement.serial,
            firmware: statement.firmware,
            slot,
            policies: statement.policies,
            form_factor: byte.map(FormFactor::from_byte),
            fips: byte.is_some_and(FormFactor::is_fips) || says(statement::is_fips),
            cspn: says(statement::is_cspn),
            root: RootId {
                name: path.root.name(),
                fingerprint: path.root.fingerprint(),
                der: path.root.certificate().der().to_vec(),
            },
            path: [leaf]
                .iter()
                .chain(&path.above)
                .map(|certificate| certificate.der().to_vec())
                .collect(),
        })
    }
}

impl fmt::Display for Attested {
    /// "YubiKey 12345678 (firmware 5.7.1), slot 9c, PIN always, touch always".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            serial,
            firmware,
            slot,
            policies,
            ..
        } = self;
        write!(
            f,
            "YubiKey {serial} (firmware {firmware}), slot {slot}, {policies}"
        )
    }
}

impl fmt::Display for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SHA-256 {})", self.name, self.fingerprint)
    }
}
