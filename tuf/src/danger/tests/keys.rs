use super::*;
use crate::Root;
use crate::json::{Object, Value};
use crate::testing::{online, root_draft};

fn people() -> Room {
    let mut room = Room::of(RoleType::Root).with(&online(), "machine:1");
    for (seed, owner) in [
        (1, "alice"),
        (2, "bob"),
        (3, "carol"),
        (4, "alice"),
        (5, "eve"),
    ] {
        room = room.with(&TestKey::p256(seed), owner);
    }
    room
}

/// The next root, with these root keys, after one with 1, 2 and 3 of which 2 must sign.
fn root_keys(room: &Room, seeds: &[u8], threshold: u32) -> Vec<Cause> {
    let [one, two, three] = [1, 2, 3].map(TestKey::p256);
    next(room, root_draft(1, &[&one, &two, &three], 2), |draft| {
        let keys = seeds.iter().map(|seed| TestKey::p256(*seed).key());
        let keyids: Vec<KeyId> = keys.map(|key| draft.add_key(&key)).collect();
        draft.set_role(RoleType::Root, &keyids, threshold);
        draft.remove_unused_keys();
    })
}

#[test]
fn a_key_for_a_key_of_one_owner() {
    let other = TestKey::p256(1).keyid();
    let owner = "alice".to_owned();
    let swapped = Cause::SwappedKey {
        owner: owner.clone(),
        other: other.clone(),
    };
    assert_eq!(root_keys(&people(), &[4, 2, 3], 2), [swapped]);
    let second = Cause::SecondKey { owner, other };
    assert_eq!(root_keys(&people(), &[1, 2, 3, 4], 2), [second]);
}

#[test]
fn thresholds() {
    assert_eq!(
        root_keys(&people(), &[1, 2, 3], 1),
        [Cause::LoweredThreshold]
    );
    assert_eq!(root_keys(&people(), &[1, 2, 3], 3), []);
    assert_eq!(
        root_keys(&people(), &[1, 2, 3], 4),
        [Cause::Unreachable { keys: 3 }]
    );
    let room = people().with(&TestKey::p256(6), "dave");
    assert_eq!(root_keys(&room, &[1, 2, 3, 5], 2), []);
    assert_eq!(
        root_keys(&room, &[1, 2, 3, 5, 6], 2),
        [Cause::Newcomers { keys: 2 }]
    );
}

#[test]
fn new_keys_count_where_the_numbers_stay_the_same() {
    let room = people().with(&TestKey::p256(6), "dave");
    assert_eq!(
        root_keys(&room, &[1, 5, 6], 2),
        [Cause::Newcomers { keys: 2 }]
    );
    assert_eq!(root_keys(&room, &[1, 2, 6], 2), []);
}

#[test]
fn keys_that_nobody_knows() {
    let strangers = Room::of(RoleType::Root);
    assert_eq!(
        root_keys(&people(), &[1, 2, 3, 9], 2),
        [Cause::UnknownOwner]
    );
    assert_eq!(
        root_keys(&strangers, &[1, 2, 3, 9], 2),
        [Cause::UnknownOwner]
    );
    let first = root_draft(1, &[&TestKey::p256(1), &TestKey::p256(9)], 1);
    let causes = people().causes(None, &first.finish().unwrap());
    assert_eq!(causes, [Cause::UnknownOwner], "the others are known");
}

#[test]
fn online_keys() {
    let (alice, bob) = (TestKey::p256(1), TestKey::p256(2));
    let old = || root_draft(1, &[&alice], 1);
    let change = |role, keys: &[&TestKey]| {
        next(&people(), old(), |draft: &mut Draft<Root>| {
            let keyids: Vec<KeyId> = keys.iter().map(|key| draft.add_key(&key.key())).collect();
            draft.set_role(role, &keyids, 1);
        })
    };
    let both = [Cause::OnlineKey, Cause::OnlineKey];
    assert_eq!(change(RoleType::Timestamp, &[&bob]), both);
    assert_eq!(
        change(RoleType::Root, &[&alice, &online()]),
        [Cause::PromotedKey]
    );
    assert_eq!(change(RoleType::Targets, &[&online(), &bob]), []);
}

#[test]
fn an_owner_may_stand_in_the_key_itself() {
    let claiming = |seed, owner: &str| {
        let mut object = Object::new();
        object.extend(
            TestKey::p256(seed)
                .key()
                .value()
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        object.insert("x-tuf-on-ci-keyowner", Value::from(owner));
        Key::parse(&Value::Object(object)).unwrap()
    };
    let root = |version, key: &Key| {
        let mut draft = root_draft(version, &[], 1);
        let keyid = draft.add_key(key);
        draft.set_role(RoleType::Root, &[keyid], 1);
        draft.finish().unwrap()
    };
    let old = claiming(7, "@alice");
    let new = claiming(8, "@alice");
    let causes = people().causes(Some(&root(1, &old)), &root(2, &new));
    let swapped = Cause::SwappedKey {
        owner: "@alice".to_owned(),
        other: old.keyid().clone(),
    };
    assert!(
        causes.contains(&swapped) && causes.contains(&Cause::UnknownOwner),
        "{causes:?}"
    );
}

#[test]
fn key_objects_that_are_not_what_they_seem() {
    let good = root_draft(1, &[&TestKey::p256(1)], 1).finish().unwrap();
    let with_key = |name: &str, key: Value| {
        let mut signed = good.signed().clone();
        signed.insert("version", Value::Integer(2));
        crate::json::edit(&mut signed, "keys", |keys| {
            keys.insert(name, key);
        });
        people().causes(Some(&good), &Document::unsigned(signed))
    };
    let (one, two) = (TestKey::p256(1).key(), TestKey::p256(2).key());
    let computed = two.keyid().clone();
    let wrong = Cause::WrongKeyId { computed };
    assert_eq!(
        with_key("00", two.value().clone()),
        std::slice::from_ref(&wrong)
    );
    let replaced = with_key(one.keyid().as_str(), two.value().clone());
    assert_eq!(replaced, [Cause::ReplacedKey, wrong]);
    let twice = with_key("00", one.value().clone());
    let other = one.keyid().clone();
    assert!(twice.contains(&Cause::SameKey { other }), "{twice:?}");
    let mut unusable = two.value().as_object().unwrap().clone();
    unusable.insert("scheme", Value::from("none"));
    let unusable = Key::parse(&Value::Object(unusable)).unwrap();
    let causes = with_key(unusable.keyid().as_str(), unusable.value().clone());
    assert!(
        matches!(causes.as_slice(), [Cause::UnusableKey(_)]),
        "{causes:?}"
    );
}
