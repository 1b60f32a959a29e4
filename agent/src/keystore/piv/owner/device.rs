//! The device as it describes itself, its secrets and its certificates.

use std::sync::Arc;

use privyseal_tuf::PublicKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::administer::administer;
use super::{Owner, secrets};
use crate::keystore::device::{DeviceInfo, ManagementKey, SlotInfo, Tries};
use crate::keystore::error::KeystoreError;
use crate::keystore::order::Access;
use crate::keystore::piv::card::{CardError, Reference, SecretMetadata, Session, may_be_pin};
use crate::keystore::piv::job::Secret;
use crate::keystore::piv::rules;
use crate::keystore::slot::Slot;

impl Owner {
    /// Describes the device.
    pub(super) fn info(&mut self, wanted: &dyn Fn() -> bool) -> Result<DeviceInfo, KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let firmware = self.firmware()?;
        let described = self.door.visit(wanted, |session| {
            let described = described(session);
            described.map_err(|error| shared.settings.failed(&error))
        });
        let (secrets, on_device, slots) = described?;
        // Other tools may have changed them.
        self.secrets = Some(secrets);
        self.settle();
        let reader = self.door.found().map(super::Found::reader);
        Ok(DeviceInfo {
            serial: shared.serial.clone(),
            firmware,
            reader: reader.unwrap_or_default(),
            pin: tries(secrets.pin),
            puk: tries(secrets.puk),
            management_key: ManagementKey {
                algorithm: secrets.management_key.algorithm.name().to_owned(),
                factory: Some(secrets.management_key.factory),
                on_device,
                touch: secrets.management_key.touch,
            },
            slots,
        })
    }

    /// Changes the PIN or the PUK. The old one is tried once.
    pub(super) fn change(
        &mut self,
        secret: &Secret,
        wanted: &dyn Fn() -> bool,
    ) -> Result<(), KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let pins = &mut self.pins;
        let changed = self.door.visit(wanted, |session| match secret {
            Secret::ChangePin(old, new, operator) => {
                rules::tries_left(settings, pins.tries(session)?)?;
                for pin in [old, new] {
                    may_be_pin(pin).map_err(|error| settings.pin_failed(&error))?;
                }
                let change = || session.change(Reference::Pin, old, new);
                pins.attempt(Some(operator), false, change)
            }
            Secret::ChangePuk(old, new) => {
                puk_tries_left(settings, session)?;
                let changed = session.change(Reference::Puk, old, new);
                changed.map_err(|error| settings.puk_failed(&error))
            }
            Secret::UnblockPin(puk, new) => {
                puk_tries_left(settings, session)?;
                let unblocked = session.unblock(puk, new);
                unblocked.map_err(|error| settings.puk_failed(&error))
            }
        });
        if changed.is_ok() && !matches!(secret, Secret::ChangePuk(..)) {
            // What is in hand is the old one.
            self.shared.hand.empty();
            self.pins.rules.replaced();
        }
        self.survey_again();
        changed
    }

    /// Puts a certificate beside the key that it certifies.
    pub(super) fn import_certificate(
        &mut self,
        access: &Access,
        slot: Slot,
        der: &[u8],
        wanted: &dyn Fn() -> bool,
    ) -> Result<(), KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let refused = |what: String| KeystoreError::Refused {
            keystore: settings.name.clone(),
            what,
        };
        let certified = certified(der)
            .ok_or_else(|| refused("that is no certificate of a key that signs here".to_owned()))?;
        let pins = &mut self.pins;
        self.door.visit(wanted, |session| {
            let failed = |error| settings.failed(&error);
            let key = session.key(slot).map_err(failed)?;
            match key.and_then(|key| key.public_key) {
                Some(key) if key == certified => {}
                Some(_) => {
                    let what = format!("the certificate is of another key than slot {slot}'s");
                    return Err(refused(what));
                }
                None => return Err(refused(format!("slot {slot} has no key that signs here"))),
            }
            administer(settings, pins, session, access)?;
            session.put_certificate(slot, der).map_err(failed)
        })
    }
}

/// The public key in a certificate.
fn certified(der: &[u8]) -> Option<PublicKey> {
    let certificate = Certificate::from_der(der).ok()?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    PublicKey::from_spki_der(&spki.to_der().ok()?).ok()
}

fn tries(secret: SecretMetadata) -> Tries {
    Tries {
        left: Some(secret.left),
        total: Some(secret.total),
        factory: Some(secret.factory),
    }
}

/// Nothing is tried at the last try of the PUK: with PIN and PUK blocked, all keys are lost.
fn puk_tries_left(
    settings: &crate::keystore::piv::Settings,
    session: &Session<'_>,
) -> Result<(), KeystoreError> {
    let puk = session.secret(Reference::Puk);
    let puk = puk.map_err(|error| settings.failed(&error))?;
    if puk.left > 1 {
        return Ok(());
    }
    Err(KeystoreError::PukLocked {
        keystore: settings.name.clone(),
        answer: format!("{} of {} tries left", puk.left, puk.total),
    })
}

fn described(session: &Session<'_>) -> Result<(super::Secrets, bool, Vec<SlotInfo>), CardError> {
    let mut slots = Vec::new();
    for slot in Slot::all() {
        // A key that the yubikey crate can't read is shown as one of no known kind.
        let key = match session.key(slot) {
            Err(CardError::Nonsense { .. }) => None,
            key => key?,
        };
        let certificate = session.certificate(slot)?;
        if key.is_none() && certificate.is_none() {
            continue;
        }
        slots.push(SlotInfo {
            slot,
            algorithm: key
                .as_ref()
                .map(|key| key.algorithm.clone())
                .unwrap_or_default(),
            policies: key.as_ref().and_then(|key| key.policies),
            generated: key.as_ref().map(|key| key.generated),
            public_key: key.and_then(|key| key.public_key),
            certificate,
        });
    }
    Ok((secrets(session)?, session.keeps_management_key()?, slots))
}
