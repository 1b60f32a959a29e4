//! An attestation beside what is known of the key that it should be about.

use privyseal_tuf::{PublicKey, Sha256Digest};

use super::{Attested, Firmware};
use crate::keystore::{Policies, Slot};

/// What is known of a key; what is none is not compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// Its public half.
    pub public_key: Option<&'a PublicKey>,
    /// The serial number of its YubiKey.
    pub serial: Option<u32>,
    /// Its slot.
    pub slot: Option<Slot>,
    /// What the device says of its policies.
    pub policies: Option<Policies>,
    /// What the device says of its firmware.
    pub firmware: Option<Firmware>,
}

/// The attestation is about something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another key was attested.
    #[error("the attestation is of another key: its fingerprint is {attested}, not {expected}")]
    PublicKey {
        /// SHA-256 of the SubjectPublicKeyInfo of the key that was asked about.
        expected: Sha256Digest,
        /// That of the attested key.
        attested: Sha256Digest,
    },
    /// Another YubiKey attested.
    #[error("the attestation is by YubiKey {attested}, not YubiKey {expected}")]
    Serial {
        /// The serial number that was asked about.
        expected: u32,
        /// The one in the attestation.
        attested: u32,
    },
    /// Another slot was attested.
    #[error("the attestation is of slot {attested}, not slot {expected}")]
    Slot {
        /// The slot that was asked about.
        expected: Slot,
        /// The one in the attestation.
        attested: Slot,
    },
    /// The key's policies are not those that were claimed.
    #[error("the key was made with {attested}, and not with {expected}")]
    Policies {
        /// What was claimed.
        expected: Policies,
        /// What the attestation says.
        attested: Policies,
    },
    /// The firmware is not the one that was claimed.
    #[error("the attestation is by firmware {attested}, and not by {expected}")]
    Firmware {
        /// What was claimed.
        expected: Firmware,
        /// What the attestation says.
        attested: Firmware,
    },
}

impl Attested {
    /// Compares with what is known of the key.
    ///
    /// # Errors
    /// The first that differs.
    pub fn compare(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        let fingerprint = |key: &PublicKey| Sha256Digest::of(&key.to_spki_der());
        if let Some(expected) = other(expected.public_key, &&self.public_key) {
            return Err(Mismatch::PublicKey {
                expected: fingerprint(expected),
                attested: fingerprint(&self.public_key),
            });
        }
        if let Some(expected) = other(expected.serial, &self.serial) {
            let attested = self.serial;
            return Err(Mismatch::Serial { expected, attested });
        }
        if let Some(expected) = other(expected.slot, &self.slot) {
            let attested = self.slot;
            return Err(Mismatch::Slot { expected, attested });
        }
        if let Some(expected) = other(expected.policies, &self.policies) {
            let attested = self.policies;
            return Err(Mismatch::Policies { expected, attested });
        }
        if let Some(expected) = other(expected.firmware, &self.firmware) {
            let attested = self.firmware;
            return Err(Mismatch::Firmware { expected, attested });
        }
        Ok(())
    }
}

impl Mismatch {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::PublicKey { .. } => {
                "Ask for the attestation of this very key again; if it stays, \
                 the key in the slot was replaced, or it was imported and the attestation is \
                 another's: find out who did it and why"
                    .to_owned()
            }
            Self::Serial { expected, .. } => {
                format!("Ask YubiKey {expected} itself for its attestation")
            }
            Self::Slot { expected, .. } => {
                format!("Ask for the attestation of slot {expected}")
            }
            Self::Policies { .. } | Self::Firmware { .. } => "Believe the attestation and not who \
                 claimed otherwise; find out which program or reader stands between this agent and \
                 the YubiKey"
                .to_owned(),
        }
    }
}

fn other<T: PartialEq>(expected: Option<T>, attested: &T) -> Option<T> {
    expected.filter(|expected| expected != attested)
}
