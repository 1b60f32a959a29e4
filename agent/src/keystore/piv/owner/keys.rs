//! Bound keys: what stands in their slots.

use std::sync::Arc;
use std::time::Instant;

use super::Owner;
use crate::keystore::attestation::Firmware;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, KeyStanding, ObjectId, Protection};
use crate::keystore::name::KeyName;
use crate::keystore::piv::card::{KeyMetadata, Session};
use crate::keystore::piv::shared::Shared;
use crate::keystore::policy::Policies;
use crate::keystore::slot::Slot;

impl Owner {
    /// Looks for keys that were bound since.
    pub(super) fn bind(&mut self) -> Result<(), KeystoreError> {
        // They were taken in when the job began, and are looked for now.
        if self.again.is_some_and(|again| again <= Instant::now()) {
            self.look();
        }
        let unseen = |key: &KeyDescription| key.standing == KeyStanding::Unseen;
        match self.shared.keys().iter().any(unseen) {
            true if self.door.found().is_some() => Err(self.shared.state_error()),
            _ => Ok(()),
        }
    }

    /// Describes the key in a slot.
    pub(super) fn inspect(
        &mut self,
        name: KeyName,
        id: &ObjectId,
        wanted: &dyn Fn() -> bool,
    ) -> Result<KeyDescription, KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let not_found = |what: String| KeystoreError::KeyNotFound {
            keystore: shared.settings.name.clone(),
            key: name.clone(),
            what,
        };
        let slot = Slot::try_from(id).map_err(|error| not_found(error.to_string()))?;
        let firmware = self.firmware()?;
        self.door.visit(wanted, |session| {
            let found = session.key(slot);
            let found = found.map_err(|error| shared.settings.failed(&error))?;
            let found = found.ok_or_else(|| not_found(format!("slot {slot} is empty")))?;
            if !found.generated && !shared.settings.allow_import {
                return Err(KeystoreError::Refused {
                    keystore: shared.settings.name.clone(),
                    what: format!(
                        "the key in slot {slot} was made elsewhere, so others may have it; \
                         `allow_import = true` in the config takes it"
                    ),
                });
            }
            enrollable(&shared, firmware, name.clone(), slot, &found)
        })
    }

    /// The device's proof of where a key was made.
    pub(super) fn attest(
        &mut self,
        key: &Arc<BoundKey>,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Vec<Vec<u8>>, KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let none = |what: String| KeystoreError::NoAttestation {
            keystore: shared.settings.name.clone(),
            key: key.name.clone(),
            what,
        };
        self.door.visit(wanted, |session| {
            let failed = |error| shared.settings.failed(&error);
            let slot = slot_of(&shared, key)?;
            same_key(&shared, session, key)?;
            let found = session.key(slot).map_err(failed)?;
            if !found.is_some_and(|found| found.generated) {
                return Err(none("it was made elsewhere, and imported".to_owned()));
            }
            let leaf = session
                .attest(slot)
                .map_err(|error| none(error.to_string()))?;
            let issuer = session.attestation_certificate().map_err(failed)?;
            let issuer = issuer.ok_or_else(|| {
                none("slot f9 has no certificate; somebody removed it, for good".to_owned())
            })?;
            Ok(vec![leaf.to_vec(), issuer])
        })
    }

    /// The firmware of the device that was found.
    pub(super) fn firmware(&self) -> Result<Firmware, KeystoreError> {
        let found = self.door.found();
        found
            .map(|found| found.firmware)
            .ok_or_else(|| self.shared.state_error())
    }
}

/// The device as it is shown to people: with the names of what is weak in its firmware.
pub(super) fn label(firmware: Firmware) -> String {
    let weak: Vec<_> = firmware
        .weaknesses()
        .iter()
        .map(|weak| weak.name())
        .collect();
    match weak.is_empty() {
        true => format!("YubiKey, firmware {firmware}"),
        false => format!(
            "YubiKey, firmware {firmware}, which has {}",
            weak.join(", ")
        ),
    }
}

/// The slot of a bound key.
pub(super) fn slot_of(shared: &Shared, key: &BoundKey) -> Result<Slot, KeystoreError> {
    Slot::try_from(&key.object_id).map_err(|error| KeystoreError::KeyNotFound {
        keystore: shared.settings.name.clone(),
        key: key.name.clone(),
        what: format!("{}: {error}", key.object_id),
    })
}

/// What is in a bound key's slot, where it is that key; and what it asks for.
pub(super) fn same_key(
    shared: &Shared,
    session: &Session<'_>,
    key: &BoundKey,
) -> Result<Policies, KeystoreError> {
    let slot = slot_of(shared, key)?;
    let found = session.key(slot);
    let found = found.map_err(|error| shared.settings.failed(&error))?;
    compared(shared, key, slot, found.as_ref())
}

/// Is any of the bound keys there, where there are any?
pub(super) fn one_of(
    shared: &Shared,
    session: &Session<'_>,
    bound: &[Arc<BoundKey>],
) -> Result<(), KeystoreError> {
    let mut refused = None;
    for key in bound {
        match same_key(shared, session, key) {
            Ok(_) => return Ok(()),
            Err(error) => refused = Some(error),
        }
    }
    refused.map_or(Ok(()), Err)
}

fn compared(
    shared: &Shared,
    key: &BoundKey,
    slot: Slot,
    found: Option<&KeyMetadata>,
) -> Result<Policies, KeystoreError> {
    let keystore = shared.settings.name.clone();
    if key.token_serial != shared.serial {
        return Err(KeystoreError::TokenSwapped {
            keystore,
            expected: key.token_serial.clone(),
            found: shared.serial.clone(),
        });
    }
    let Some(found) = found else {
        return Err(KeystoreError::KeyNotFound {
            keystore,
            key: key.name.clone(),
            what: format!("slot {slot} is empty"),
        });
    };
    if found.public_key.as_ref() != Some(&key.public_key) {
        return Err(KeystoreError::KeyMismatch {
            keystore,
            key: key.name.clone(),
            what: format!("slot {slot} has another public key"),
        });
    }
    policies(shared, found)
}

fn policies(shared: &Shared, found: &KeyMetadata) -> Result<Policies, KeystoreError> {
    found
        .policies
        .ok_or_else(|| KeystoreError::MechanismUnsupported {
            keystore: shared.settings.name.clone(),
            what: "PIN or touch policy that is known here".to_owned(),
        })
}

/// A bound key, and whether it can be used.
pub(super) fn described(
    shared: &Shared,
    session: &Session<'_>,
    firmware: Firmware,
    key: &Arc<BoundKey>,
) -> Result<KeyDescription, KeystoreError> {
    let found = match slot_of(shared, key) {
        Ok(slot) => session.key(slot).map(|found| (slot, found)),
        Err(error) => return Ok(description(shared, firmware, key, None, Err(error))),
    };
    let (slot, found) = found.map_err(|error| shared.settings.failed(&error))?;
    let policies = compared(shared, key, slot, found.as_ref());
    Ok(description(shared, firmware, key, found.as_ref(), policies))
}

fn description(
    shared: &Shared,
    firmware: Firmware,
    key: &Arc<BoundKey>,
    found: Option<&KeyMetadata>,
    policies: Result<Policies, KeystoreError>,
) -> KeyDescription {
    debug_assert_eq!(key.keystore, shared.settings.name);
    KeyDescription {
        key: Arc::clone(key),
        token_label: label(firmware),
        protection: found.map(protection),
        policies: policies.as_ref().ok().copied(),
        standing: match policies {
            Ok(_) => KeyStanding::Usable,
            Err(error) => KeyStanding::Refused(error),
        },
    }
}

/// No PIV device lets a private key out; one that was imported was elsewhere before.
fn protection(found: &KeyMetadata) -> Protection {
    Protection {
        sensitive: true,
        extractable: false,
        always_sensitive: found.generated,
        never_extractable: found.generated,
        local: found.generated,
    }
}

/// A key that is not bound yet.
pub(super) fn enrollable(
    shared: &Shared,
    firmware: Firmware,
    name: KeyName,
    slot: Slot,
    found: &KeyMetadata,
) -> Result<KeyDescription, KeystoreError> {
    let Some(public_key) = found.public_key.clone() else {
        return Err(KeystoreError::MechanismUnsupported {
            keystore: shared.settings.name.clone(),
            what: format!(
                "key in slot {slot} that signs here: it is of {}",
                found.algorithm
            ),
        });
    };
    let key = Arc::new(BoundKey {
        name,
        keystore: shared.settings.name.clone(),
        token_serial: shared.serial.clone(),
        object_id: slot.object_id(),
        public_key,
    });
    let policies = policies(shared, found)?;
    Ok(description(
        shared,
        firmware,
        &key,
        Some(found),
        Ok(policies),
    ))
}
