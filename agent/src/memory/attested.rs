//! Attestations that were verified and recorded.

use std::sync::Arc;

use privyseal_proto::ledger::v1::KeyAttested;
use privyseal_tuf::Sha256Digest;

use super::{Memory, State};
use crate::keystore::{KeyName, Policies, Slot, TokenSerial, attestation::Firmware};

/// What a device proved of a key, when it was last recorded.
#[derive(Debug, Clone)]
pub struct AttestedKey {
    /// Index of the record.
    pub record: u64,
    /// The device.
    pub serial: TokenSerial,
    /// Its firmware.
    pub firmware: Firmware,
    /// Where the key is.
    pub slot: Slot,
    /// When it asks for a PIN or a touch.
    pub policies: Policies,
    /// X.509, DER: the attestation, then what stands between it and the root.
    pub certificates: Vec<Vec<u8>>,
    /// X.509, DER.
    pub root: Vec<u8>,
}

impl AttestedKey {
    fn from_record(index: u64, record: &KeyAttested) -> Option<Self> {
        let policies = Policies {
            pin: record.pin_policy.parse().ok()?,
            touch: record.touch_policy.parse().ok()?,
        };
        Some(Self {
            record: index,
            serial: record.serial.parse().ok()?,
            firmware: record.firmware.parse().ok()?,
            slot: record.slot.parse().ok()?,
            policies,
            certificates: record.certificates.clone(),
            root: record.root.clone(),
        })
    }

    /// SHA-256 of the root certificate.
    #[must_use]
    pub fn root_fingerprint(&self) -> Sha256Digest {
        Sha256Digest::of(&self.root)
    }
}

impl Memory {
    /// What is proved of this key; none where nothing is.
    #[must_use]
    pub fn attested(&self, key: &KeyName) -> Option<Arc<AttestedKey>> {
        self.state.read().attested.get(key).cloned()
    }
}

impl State {
    /// A key was attested.
    pub(super) fn attest(&mut self, index: u64, record: &KeyAttested) -> Option<()> {
        let key = record.key.parse::<KeyName>().ok()?;
        self.keys.get(&key)?;
        let attested = AttestedKey::from_record(index, record)?;
        self.attested.insert(key, Arc::new(attested));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use privyseal_proto::ledger::v1::{KeyEnrolled, Record, record::Event};
    use privyseal_tuf::PublicKey;

    use super::*;
    use crate::keystore::{PinPolicy, TouchPolicy};

    fn record(event: Event) -> Record {
        Record {
            time: 0,
            event: Some(event),
        }
    }

    fn attested(pin_policy: &str) -> Record {
        record(Event::KeyAttested(KeyAttested {
            key: "root".to_owned(),
            serial: "12345678".to_owned(),
            firmware: "5.7.1".to_owned(),
            slot: "9c".to_owned(),
            pin_policy: pin_policy.to_owned(),
            touch_policy: "always".to_owned(),
            certificates: vec![vec![1], vec![2]],
            root: vec![3],
            ..KeyAttested::default()
        }))
    }

    #[test]
    fn the_last_attestation_of_an_enrolled_key_is_remembered() {
        let memory = Memory::default();
        let root = "root".parse().unwrap();
        memory.apply(0, &attested("always"));
        assert!(memory.attested(&root).is_none());
        memory.apply(
            1,
            &record(Event::KeyEnrolled(KeyEnrolled {
                name: "root".to_owned(),
                keystore: "a".to_owned(),
                token_serial: "12345678".to_owned(),
                object_id: vec![0x9c],
                public_key: PublicKey::ed25519(&[1; 32]).to_spki_der(),
                purpose: "tuf".to_owned(),
                authority: "production".to_owned(),
                repository: "example.org".to_owned(),
                ..KeyEnrolled::default()
            })),
        );
        memory.apply(2, &attested("once"));
        memory.apply(3, &attested("always"));
        memory.apply(4, &attested("sometimes"));
        let known = memory.attested(&root).unwrap();
        assert_eq!((known.record, known.firmware), (3, Firmware::new(5, 7, 1)));
        assert_eq!(known.policies.pin, PinPolicy::Always);
        assert_eq!(known.policies.touch, TouchPolicy::Always);
        assert_eq!(known.root_fingerprint(), Sha256Digest::of(&[3]));
    }
}
