//! Having a device prove where a key was made, and recording the proof.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{KeyAttested, Lineage, record::Event};

use super::operator;
use crate::{
    caller::Caller,
    corridor::{House, known},
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{
        KeyName, Keystore, KeystoreError, Policies, Slot,
        attestation::{AttestationChain, AttestationError, Expected, Mismatch, verify},
    },
    memory::{AttestedKey, EnrolledKey},
};

/// What is proved of the key of this name. Where nothing is recorded, or `again`, an operator has its
/// device asked, and what it proves is verified and recorded.
///
/// # Errors
/// Where the caller may not know the key, or have its device asked; where its token offers no proof,
/// or not of this key.
pub async fn attested_key(
    house: &House,
    caller: &Caller,
    name: &str,
    again: bool,
) -> Result<(Arc<EnrolledKey>, Arc<AttestedKey>), Stop> {
    known(caller, &house.config)?;
    if again {
        operator(caller, &house.config)?;
    }
    let memory = house.ledger.memory();
    let key = name
        .parse()
        .ok()
        .and_then(|name: KeyName| memory.key(&name));
    let key = key.filter(|key| key.is_seen_by(caller, &house.config.grants));
    let key = key.ok_or_else(|| {
        let message = format!(
            "there is no key {} for {}",
            name.escape_debug(),
            caller.name()
        );
        Denial::new(Reason::UnknownKey, message)
    })?;
    let recorded = memory.attested(&key.bound.name).filter(|_| !again);
    let attested = match recorded {
        Some(recorded) => recorded,
        None => {
            asks_first(house, caller, &key)?;
            attest(house, caller, &key, again).await?
        }
    };
    Ok((key, attested))
}

/// May the caller have the device asked? One that proves nothing would be kept busy by whoever asks.
fn asks_first(house: &House, caller: &Caller, key: &EnrolledKey) -> Result<(), Denial> {
    if house.config.grants.is_operator(caller) {
        return Ok(());
    }
    let message = format!(
        "no attestation of key {} is recorded, and only an operator has its device asked for one",
        key.bound.name
    );
    Err(Denial::new(Reason::OperatorOnly, message))
}

/// Asks the key's device, verifies what it says, and records it; where somebody did meanwhile, only
/// `again`.
pub(super) async fn attest(
    house: &House,
    caller: &Caller,
    key: &EnrolledKey,
    again: bool,
) -> Result<Arc<AttestedKey>, Stop> {
    let bound = &key.bound;
    let holder = house.keystores.of(&bound.keystore).ok_or_else(|| {
        let message = format!("the config has no keystore {}", bound.keystore);
        Denial::new(Reason::UnknownKeystore, message)
    })?;
    let certificates = holder.keystore.attest(Arc::clone(bound)).await?;
    let refused = |what: String, remedy: String| KeystoreError::AttestationRefused {
        keystore: bound.keystore.clone(),
        key: bound.name.clone(),
        what,
        remedy,
    };
    let invalid = |error: AttestationError| refused(error.to_string(), error.remedy());
    let swapped = |error: Mismatch| refused(error.to_string(), error.remedy());
    let chain = AttestationChain::from_der(certificates).map_err(invalid)?;
    let attested = verify(&chain, &house.config.attestation).map_err(invalid)?;
    let expected = Expected {
        public_key: Some(&bound.public_key),
        serial: serial_of(holder.keystore.as_ref(), bound.token_serial.as_str()),
        slot: slot_of(holder.keystore.as_ref(), key),
        policies: policies_of(holder.keystore.as_ref(), key),
        ..Expected::default()
    };
    attested.compare(&expected).map_err(swapped)?;
    let memory = house.ledger.memory();
    let gate = memory.key_gate(&bound.name).await;
    let unknown = || {
        let message = format!("key {} was removed", bound.name);
        Denial::new(Reason::UnknownKey, message)
    };
    memory.key(&bound.name).ok_or_else(unknown)?;
    if let Some(recorded) = memory.attested(&bound.name).filter(|_| !again) {
        return Ok(recorded);
    }
    let record = KeyAttested {
        caller: Some(caller.to_record()),
        key: bound.name.to_string(),
        keyid: key.keyid.to_string(),
        lineage: Some(Lineage {
            authority: key.authority.clone(),
            repository: key.repository.clone(),
            first_root: key
                .first_root
                .map(|root| root.as_bytes().to_vec())
                .unwrap_or_default(),
        }),
        certificates: attested.path,
        root: attested.root.der,
        serial: attested.serial.to_string(),
        firmware: attested.firmware.to_string(),
        slot: attested.slot.to_string(),
        pin_policy: attested.policies.pin.to_string(),
        touch_policy: attested.policies.touch.to_string(),
    };
    house
        .ledger
        .append(Event::KeyAttested(record), Some(Box::new(gate)))
        .await?;
    Ok(memory.attested(&bound.name).ok_or_else(unknown)?)
}

/// The serial number that a PIV device's keys are bound to; a PKCS#11 module may call its token by
/// another one.
fn serial_of(keystore: &dyn Keystore, serial: &str) -> Option<u32> {
    keystore.device().and_then(|_| serial.parse().ok())
}

/// The slot that a PIV device's key is bound to.
fn slot_of(keystore: &dyn Keystore, key: &EnrolledKey) -> Option<Slot> {
    let device = keystore.device();
    device.and_then(|_| Slot::try_from(&key.bound.object_id).ok())
}

/// What a PIV device says of the key's policies otherwise; none where its firmware does not.
fn policies_of(keystore: &dyn Keystore, key: &EnrolledKey) -> Option<Policies> {
    keystore.device()?;
    let mut keys = keystore.keys().into_iter();
    let described = keys.find(|described| described.key.name == key.bound.name);
    described.and_then(|described| described.policies)
}
