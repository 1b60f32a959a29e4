use privyseal_proto::ledger::v1::{
    KeyEnrolled, KeyRemoved, NotaryDecision, NotaryRestored, Outcome, Record, record::Event,
};
use privyseal_tuf::{Algorithm, PublicKey};

use super::*;
use crate::config::NotaryRole;

const REPOSITORY: &str = "reg.example.test/app";

fn apply(memory: &Memory, index: u64, event: Event) {
    let event = Some(event);
    memory.apply(index, &Record { time: 0, event });
}

fn name(number: u8) -> KeyName {
    format!("notary-timestamp-{number}").parse().unwrap()
}

/// An Ed25519 key; any 32 bytes are one.
fn enrol(memory: &Memory, index: u64, number: u8) -> KeyId {
    let public = PublicKey::ed25519(&[number; 32]);
    let enrolled = KeyEnrolled {
        name: name(number).to_string(),
        keystore: "hsm".to_owned(),
        token_serial: "1".to_owned(),
        object_id: vec![number],
        public_key: public.to_spki_der(),
        algorithm: "ed25519".to_owned(),
        purpose: "notary".to_owned(),
        authority: "production".to_owned(),
        repository: REPOSITORY.to_owned(),
        role: "timestamp".to_owned(),
        ..KeyEnrolled::default()
    };
    apply(memory, index, Event::KeyEnrolled(enrolled));
    privyseal_tuf::notary::Key::from_public(&public)
        .id()
        .clone()
}

fn decide(memory: &Memory, index: u64, number: u8, version: u64) {
    let decision = NotaryDecision {
        key: name(number).to_string(),
        version,
        digest: vec![version as u8; 32],
        expires: 1_000,
        ..NotaryDecision::default()
    };
    apply(memory, index, Event::NotaryDecision(decision));
}

fn outcome(memory: &Memory, decision: u64) {
    let outcome = Outcome {
        decision,
        signature: vec![decision as u8; 64],
        fault: String::new(),
    };
    apply(memory, u64::MAX, Event::Outcome(outcome));
}

fn restored(memory: &Memory, numbers: &[u8]) {
    let restored = NotaryRestored {
        keys: numbers.iter().map(|n| name(*n).to_string()).collect(),
        ..NotaryRestored::default()
    };
    apply(memory, 0, Event::NotaryRestored(restored));
}

fn remove(memory: &Memory, index: u64, name: &KeyName) {
    let removed = KeyRemoved {
        name: name.to_string(),
        operator: None,
    };
    apply(memory, index, Event::KeyRemoved(removed));
}

fn slot() -> Slot {
    Slot {
        authority: "production".to_owned(),
        repository: REPOSITORY.to_owned(),
        role: NotaryRole::Timestamp,
        algorithm: Algorithm::Ed25519,
    }
}

fn unused(memory: &Memory) -> Option<KeyName> {
    let key = memory.unused_notary_key(&slot())?;
    Some(key.bound.name.clone())
}

#[test]
fn a_key_waits_in_its_slot_until_it_is_used() {
    let memory = Memory::default();
    let id = enrol(&memory, 1, 1);
    assert_eq!(unused(&memory), Some(name(1)));
    assert_eq!(memory.unused_notary_keys(|at| *at == slot()), 1);
    assert_eq!(memory.unused_notary_keys(|_| false), 0);
    let key = memory.notary_key(&id).unwrap();
    assert_eq!((&key.keyid, &key.bound.name), (&id, &name(1)));
    assert_eq!(memory.notary_use(&name(1)), None);
    decide(&memory, 2, 1, 5);
    assert_eq!(unused(&memory), None);
    assert_eq!(memory.unused_notary_keys(|_| true), 0);
    enrol(&memory, 3, 2);
    assert_eq!(unused(&memory), Some(name(2)));
    // Somebody published this repository: what waits for its rotation is nobody's invention.
    assert!(memory.has_signed(&slot()));
    assert_eq!(memory.unused_notary_keys(|_| true), 0);
    let used = memory.used_notary_keys("production", |repository| repository == REPOSITORY);
    assert_eq!(used, [name(1)]);
    assert!(memory.used_notary_keys("elsewhere", |_| true).is_empty());
    assert!(memory.used_notary_keys("production", |_| false).is_empty());
}

#[test]
fn the_last_decision_is_remembered_with_its_own_signature() {
    let memory = Memory::default();
    enrol(&memory, 1, 1);
    decide(&memory, 2, 1, 5);
    decide(&memory, 3, 1, 6);
    // Of a decision that another followed, the outcome says nothing of the last.
    outcome(&memory, 2);
    let last = memory.notary_use(&name(1)).unwrap();
    assert_eq!((last.record, last.version, last.expires), (3, 6, 1_000));
    assert_eq!(last.signature, None);
    outcome(&memory, 3);
    let last = memory.notary_use(&name(1)).unwrap();
    assert_eq!(last.signature.unwrap().as_raw(), [3; 64]);
    assert!(memory.state.read().notary.open.is_empty());
    // However many end without an outcome, one of each key is waited for.
    for index in 10..100 {
        decide(&memory, index, 1, index);
    }
    assert_eq!(memory.state.read().notary.open.len(), 1);
}

#[test]
fn a_restored_database_is_accepted_once() {
    let memory = Memory::default();
    enrol(&memory, 1, 1);
    enrol(&memory, 2, 2);
    decide(&memory, 3, 1, 5);
    restored(&memory, &[2, 9, 1]);
    assert!(memory.notary_use(&name(1)).unwrap().restored);
    assert_eq!(memory.notary_use(&name(2)), None);
    decide(&memory, 4, 1, 1);
    let last = memory.notary_use(&name(1)).unwrap();
    assert_eq!((last.version, last.restored), (1, false));
}

#[test]
fn a_removed_key_leaves_its_name_and_no_more() {
    let memory = Memory::default();
    let id = enrol(&memory, 1, 1);
    decide(&memory, 2, 1, 5);
    remove(&memory, 3, &name(1));
    outcome(&memory, 2);
    assert!(memory.notary_key(&id).is_none() && memory.key(&name(1)).is_none());
    assert_eq!(memory.notary_use(&name(1)), None);
    let removed = memory.removed_key(&name(1)).unwrap();
    assert_eq!((removed.record, &removed.key.name), (3, &name(1)));
    assert!(!memory.has_signed(&slot()));
    // Neither comes back, nor signs.
    enrol(&memory, 4, 1);
    decide(&memory, 5, 1, 6);
    assert!(memory.notary_key(&id).is_none() && memory.keys().is_empty());
    assert_eq!(unused(&memory), None);
    assert_eq!(memory.removed_keys().len(), 1);

    // One that waited makes room.
    enrol(&memory, 6, 2);
    remove(&memory, 7, &name(2));
    assert_eq!(memory.unused_notary_keys(|_| true), 0);
    remove(&memory, 8, &name(2));
    assert_eq!(memory.removed_key(&name(2)).unwrap().record, 7);
}

#[test]
fn a_key_of_another_purpose_is_none() {
    let memory = Memory::default();
    let public = PublicKey::ed25519(&[1; 32]);
    let tuf: KeyName = "tuf".parse().unwrap();
    for (purpose, role) in [("notary", ""), ("notary", "root"), ("tuf", "timestamp")] {
        let enrolled = KeyEnrolled {
            name: tuf.to_string(),
            keystore: "hsm".to_owned(),
            token_serial: "1".to_owned(),
            object_id: vec![1],
            public_key: public.to_spki_der(),
            purpose: purpose.to_owned(),
            role: role.to_owned(),
            ..KeyEnrolled::default()
        };
        apply(&memory, 1, Event::KeyEnrolled(enrolled));
        assert_eq!(
            memory.key(&tuf).is_some(),
            purpose == "tuf",
            "{purpose} {role}"
        );
    }
    let decision = NotaryDecision {
        key: tuf.to_string(),
        version: 1,
        digest: vec![1; 32],
        ..NotaryDecision::default()
    };
    apply(&memory, 2, Event::NotaryDecision(decision));
    assert_eq!(memory.notary_use(&tuf), None);
    remove(&memory, 3, &tuf);
    assert!(memory.key(&tuf).is_some() && memory.removed_keys().is_empty());
}
