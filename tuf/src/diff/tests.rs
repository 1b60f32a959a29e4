use super::*;
use crate::testing::{TestKey, expires, meta, root_draft, snapshot, targets};
use crate::{Algorithm, Draft, Hashes, RoleType, Root, Snapshot, Target, Targets};

pub(crate) mod complete;
mod delegations;

fn file(content: &[u8]) -> TargetFile {
    TargetFile {
        length: content.len() as u64,
        hashes: Hashes::sha256_of(content),
    }
}

#[test]
fn a_rotation_reads_as_one() {
    let (a, b, c) = (TestKey::p256(1), TestKey::ed25519(2), TestKey::p256(3));
    let old = root_draft(1, &[&a, &b], 1).finish().unwrap();
    let mut draft = Draft::<Root>::edit(&old).unwrap();
    let keyid = draft.add_key(&c.key());
    draft.set_role(RoleType::Root, &[a.keyid(), keyid], 2);
    draft.remove_unused_keys();
    draft.set_version(2);
    draft.set_expires(&"2041-01-01T00:00:00Z".parse().unwrap());
    let changes = diff(Some(&old), &draft.finish().unwrap());
    let role = || RolePlace::Top("root".to_owned());
    let quorum = |threshold, keys| Some(Quorum { threshold, keys });
    let expected = [
        Change::Expires {
            old: Some(expires().to_string()),
            new: Some("2041-01-01T00:00:00Z".into()),
        },
        Change::KeyAdded {
            ring: Keyring::Root,
            keyid: c.keyid(),
            key: c.key(),
        },
        Change::KeyRemoved {
            ring: Keyring::Root,
            keyid: b.keyid(),
            key: b.key(),
        },
        Change::RoleKeyAdded {
            role: role(),
            keyid: c.keyid(),
        },
        Change::RoleKeyRemoved {
            role: role(),
            keyid: b.keyid(),
        },
        Change::Quorum {
            role: role(),
            old: quorum(1, 2),
            new: quorum(2, 2),
        },
        Change::Version {
            old: Some(1),
            new: Some(2),
        },
    ];
    assert_eq!(changes.len(), expected.len(), "{changes:?}");
    for change in expected {
        assert!(
            changes.contains(&change),
            "{change:?} is not in {changes:?}"
        );
    }
    assert_eq!(c.key().algorithm(), Some(Algorithm::EcdsaP256));
}

#[test]
fn targets_are_added_removed_and_replaced() {
    let mut draft = targets(1);
    draft.set_target(&"gone".parse().unwrap(), &Target::of(b"gone"));
    draft.set_target(&"same".parse().unwrap(), &Target::of(b"same"));
    draft.set_target(&"changed".parse().unwrap(), &Target::of(b"old"));
    let old = draft.finish().unwrap();
    let mut draft = Draft::<Targets>::edit(&old).unwrap();
    draft.remove_target(&"gone".parse().unwrap());
    draft.set_target(&"changed".parse().unwrap(), &Target::of(b"newer"));
    let custom = Some(Value::from("note"));
    draft.set_target(
        &"new".parse().unwrap(),
        &Target {
            custom,
            ..Target::of(b"new")
        },
    );
    let new = draft.finish().unwrap();
    let custom = JsonPath::default()
        .key("signed")
        .key("targets")
        .key("new")
        .key("custom");
    assert_eq!(
        diff(Some(&old), &new),
        [
            Change::TargetReplaced {
                path: "changed".into(),
                old: file(b"old"),
                new: file(b"newer")
            },
            Change::TargetRemoved {
                path: "gone".into(),
                file: file(b"gone")
            },
            Change::TargetAdded {
                path: "new".into(),
                file: file(b"new")
            },
            Change::Field {
                path: custom,
                old: None,
                new: Some(Value::from("note"))
            },
        ]
    );
}

#[test]
fn meta_entries_are_added_and_changed() {
    let old = snapshot(1, b"old", 1).finish().unwrap();
    let mut draft = Draft::<Snapshot>::edit(&old).unwrap();
    draft.set_meta("targets.json", &meta(b"new", 2));
    draft.set_meta("bin.json", &meta(b"bin", 1));
    let new = draft.finish().unwrap();
    assert_eq!(
        diff(Some(&old), &new),
        [
            Change::MetaAdded {
                name: "bin.json".into(),
                file: meta(b"bin", 1)
            },
            Change::MetaChanged {
                name: "targets.json".into(),
                old: meta(b"old", 1),
                new: meta(b"new", 2)
            },
        ]
    );
    let back = diff(Some(&new), &old);
    assert!(back.contains(&Change::MetaRemoved {
        name: "bin.json".into(),
        file: meta(b"bin", 1)
    }));
}

#[test]
fn a_first_document_is_all_new() {
    let key = TestKey::p256(1);
    let changes = diff(None, &root_draft(1, &[&key], 1).finish().unwrap());
    assert!(changes.contains(&Change::Version {
        old: None,
        new: Some(1)
    }));
    assert!(changes.contains(&Change::KeyAdded {
        ring: Keyring::Root,
        keyid: key.keyid(),
        key: key.key()
    }));
    let added = Change::RoleKeyAdded {
        role: RolePlace::Top("root".into()),
        keyid: key.keyid(),
    };
    assert!(changes.contains(&added));
    let quorum = Change::Quorum {
        role: RolePlace::Top("root".into()),
        old: None,
        new: Some(Quorum {
            threshold: 1,
            keys: 1,
        }),
    };
    assert!(changes.contains(&quorum));
}

#[test]
fn signatures_are_left_out() {
    let key = TestKey::p256(1);
    let document = root_draft(1, &[&key], 1).finish().unwrap();
    assert_eq!(
        diff(
            Some(&document),
            &crate::testing::signed(document.clone(), &[&key])
        ),
        []
    );
}

#[test]
fn the_order_of_keyids_is_a_change_too() {
    let (a, b, c) = (TestKey::p256(1), TestKey::p256(2), TestKey::p256(3));
    let paths = |new: &[&TestKey]| -> Vec<String> {
        let old = root_draft(1, &[&a, &b], 1).finish().unwrap();
        let mut draft = Draft::<Root>::edit(&old).unwrap();
        draft.add_key(&c.key());
        let keyids: Vec<_> = new.iter().map(|key| key.keyid()).collect();
        draft.set_role(RoleType::Root, &keyids, 1);
        let changes = diff(Some(&old), &draft.finish().unwrap());
        changes
            .iter()
            .map(|change| change.path().to_string())
            .collect()
    };
    assert!(paths(&[&b, &a]).contains(&"signed.roles.root.keyids[0]".into()));
    let reordered = paths(&[&b, &a, &c]);
    assert_eq!(
        reordered
            .iter()
            .filter(|path| *path == "signed.roles.root.keyids")
            .count(),
        2
    );
}
