//! Making and destroying keys.

use std::sync::Arc;

use privyseal_tuf::{Algorithm, PublicKey};

use super::administer::administer;
use super::{Owner, keys};
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription};
use crate::keystore::order::{Access, KeyOrder, Place};
use crate::keystore::piv::card::{KeyMetadata, Session};
use crate::keystore::piv::shared::Shared;
use crate::keystore::policy::{PinPolicy, Policies, TouchPolicy};
use crate::keystore::slot::Slot;

/// What a new key must be, once it is in its slot.
struct Wanted {
    slot: Slot,
    algorithm: Algorithm,
    policies: Policies,
}

impl Owner {
    /// Makes a key pair in a slot.
    pub(super) fn generate(
        &mut self,
        order: KeyOrder,
        wanted: &dyn Fn() -> bool,
    ) -> Result<KeyDescription, KeystoreError> {
        let KeyOrder {
            name,
            algorithm,
            place,
            access,
        } = order;
        let firmware = self.firmware()?;
        let shared = Arc::clone(&self.shared);
        let made = Wanted {
            slot: self.free_slot(place)?,
            algorithm,
            policies: Policies {
                pin: place.pin.unwrap_or(PinPolicy::Always),
                touch: place.touch.unwrap_or(TouchPolicy::Always),
            },
        };
        let pins = &mut self.pins;
        let description = self.door.visit(wanted, |session| {
            let failed = |error| shared.settings.failed(&error);
            let before = session.key(made.slot).map_err(failed)?;
            if let Some(before) = before.filter(|_| !place.replace) {
                return Err(occupied(&shared, made.slot, before.algorithm));
            }
            administer(&shared.settings, pins, session, &access)?;
            let generated = session.generate(made.slot, made.algorithm, made.policies);
            generated.map_err(failed)?;
            let found = session.key(made.slot).map_err(failed)?;
            let found = read_back(&shared, session, &made, found)?;
            keys::enrollable(&shared, firmware, name, made.slot, &found)
        });
        self.survey_again();
        description
    }

    /// The slot that is ordered, where no enrolled key is in it.
    fn free_slot(&self, place: Place) -> Result<Slot, KeystoreError> {
        let keystore = self.shared.settings.name.clone();
        let Some(slot) = place.slot else {
            return Err(KeystoreError::MechanismUnsupported {
                keystore,
                what: "place for a key without a name: order one with `--slot`, such as 9c"
                    .to_owned(),
            });
        };
        let mut bound = self.bound.values();
        match bound.find(|key| key.object_id == slot.object_id()) {
            Some(key) => {
                let what = format!("key {} is enrolled there; remove it first", key.name);
                Err(occupied(&self.shared, slot, what))
            }
            None => Ok(slot),
        }
    }

    /// Destroys a key that is enrolled no longer, where it is still in its slot and the device
    /// allows it.
    pub(super) fn destroy(&mut self, key: &Arc<BoundKey>) -> Result<(), KeystoreError> {
        self.bound.remove(&key.name);
        self.shared.forget(&key.name);
        let shared = Arc::clone(&self.shared);
        // A PIN in hand was typed for signatures, and opens nothing else.
        let access = Access::default();
        let pins = &mut self.pins;
        self.door.visit(
            || true,
            |session| {
                let slot = keys::slot_of(&shared, key)?;
                match keys::same_key(&shared, session, key) {
                    Err(KeystoreError::KeyNotFound { .. }) => return Ok(()),
                    other => other?,
                };
                administer(&shared.settings, pins, session, &access)?;
                let deleted = session.delete(slot);
                deleted.map_err(|error| shared.settings.failed(&error))
            },
        )
    }
}

fn occupied(shared: &Shared, slot: Slot, what: String) -> KeystoreError {
    KeystoreError::SlotOccupied {
        keystore: shared.settings.name.clone(),
        slot,
        what,
    }
}

/// The key that is in the slot now, where it is as it was asked; else it is destroyed again, as far
/// as the firmware can.
fn read_back(
    shared: &Shared,
    session: &Session<'_>,
    made: &Wanted,
    found: Option<KeyMetadata>,
) -> Result<KeyMetadata, KeystoreError> {
    let public_key = found.as_ref().and_then(|found| found.public_key.as_ref());
    let algorithm = public_key.map(PublicKey::algorithm);
    let failing = [
        (algorithm != Some(made.algorithm), "its algorithm"),
        (
            found.as_ref().and_then(|found| found.policies) != Some(made.policies),
            "its policies",
        ),
        (
            !found.as_ref().is_some_and(|found| found.generated),
            "where it was made",
        ),
    ];
    let failing = failing.iter().find(|(fails, _)| *fails);
    match (found, failing) {
        (Some(found), None) => Ok(found),
        (_, failing) => {
            let end = match session.delete(made.slot) {
                Ok(()) => "it was destroyed again".to_owned(),
                Err(error) => format!("it is still there: {error}"),
            };
            let what = failing.map_or("the key", |(_, what)| what);
            Err(KeystoreError::Refused {
                keystore: shared.settings.name.clone(),
                what: format!("of the new key, {what} is not as asked; {end}"),
            })
        }
    }
}
