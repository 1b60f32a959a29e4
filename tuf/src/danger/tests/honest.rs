//! Ordinary work, which must not cry wolf.

use super::*;
use crate::testing::{self, online, root_draft, snapshot, targets, timestamp};
use crate::{DelegatedRole, RoleKeys, Scope, Target};

fn people() -> Room {
    Room::of(RoleType::Root)
        .with(&TestKey::p256(1), "alice:1")
        .with(&TestKey::p256(2), "bob:1")
        .with(&TestKey::p256(3), "carol:1")
        .with(&online(), "machine:1")
}

#[test]
fn first_documents() {
    let keys = [TestKey::p256(1), TestKey::p256(2)];
    let keys: Vec<&TestKey> = keys.iter().collect();
    let root = root_draft(1, &keys, 2).finish().unwrap();
    assert_eq!(people().causes(None, &root), []);
    let nobody = Room::of(RoleType::Root);
    assert_eq!(
        nobody.causes(None, &root),
        [],
        "by a signer who knows no owner"
    );
    let mut first = targets(1);
    first.set_target(&"app-1.0.tar.gz".parse().unwrap(), &Target::of(b"1"));
    for (role, document) in [
        (RoleType::Targets, first.finish()),
        (RoleType::Snapshot, snapshot(1, b"targets", 1).finish()),
        (RoleType::Timestamp, timestamp(1, b"snapshot", 1).finish()),
    ] {
        assert_eq!(Room::of(role).causes(None, &document.unwrap()), []);
    }
}

#[test]
fn adding_targets_and_delegations() {
    let room = Room::of(RoleType::Targets).with(&TestKey::p256(1), "alice:1");
    let mut old = targets(1);
    old.set_target(&"app-1.0.tar.gz".parse().unwrap(), &Target::of(b"1"));
    let causes = next(&room, old, |draft| {
        draft.set_target(&"app-1.1.tar.gz".parse().unwrap(), &Target::of(b"2"));
        draft.set_target(&"naïve/日本語.txt".parse().unwrap(), &Target::of(b"3"));
        let keyid = draft.add_delegation_key(&TestKey::p256(1).key());
        draft.set_delegations(&[DelegatedRole {
            name: "docs".parse().unwrap(),
            keys: RoleKeys {
                keyids: vec![keyid],
                threshold: 1,
            },
            terminating: true,
            scope: Scope::Paths(vec!["docs/*".into()]),
        }]);
    });
    assert_eq!(causes, []);
}

#[test]
fn renewing() {
    let room = Room::of(RoleType::Targets);
    let mut old = targets(7);
    old.set_expires(&crate::Expires::from_seconds(NOW + 5).unwrap());
    let causes = next(&room, old, |draft| draft.set_expires(&testing::expires()));
    assert_eq!(causes, []);
}

#[test]
fn a_signer_more_and_a_signer_for_another() {
    let [alice, bob, carol] = [1, 2, 3].map(TestKey::p256);
    let old = || root_draft(4, &[&alice, &bob], 2);
    let rotate = |keys: &[&TestKey]| {
        next(&people(), old(), |draft| {
            let keyids: Vec<KeyId> = keys.iter().map(|key| draft.add_key(&key.key())).collect();
            draft.set_role(RoleType::Root, &keyids, 2);
            draft.remove_unused_keys();
        })
    };
    assert_eq!(rotate(&[&alice, &bob, &carol]), []);
    assert_eq!(rotate(&[&alice, &carol]), []);
}

#[test]
fn what_a_release_makes_of_snapshot_and_timestamp() {
    let snapshots = next(
        &Room::of(RoleType::Snapshot),
        snapshot(3, b"old", 3),
        |draft| {
            draft.set_meta("targets.json", &testing::meta(b"new", 4));
            draft.set_meta("docs.json", &testing::meta(b"docs", 1));
        },
    );
    assert_eq!(snapshots, []);
    let timestamps = next(
        &Room::of(RoleType::Timestamp),
        timestamp(9, b"old", 3),
        |draft| {
            draft.set_snapshot(&testing::meta(b"new", 4));
        },
    );
    assert_eq!(timestamps, []);
}
