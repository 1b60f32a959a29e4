use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::json::Segment;
use crate::json::tests::any_value;
use crate::testing::{TestKey, expires, meta, root_draft, snapshot, targets};
use crate::{Algorithm, Draft, Hashes, RoleType, Root, Snapshot, Target, Targets};

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
    let role = || "root".to_owned();
    let expected = [
        Change::Expires {
            old: Some(expires().to_string()),
            new: Some("2041-01-01T00:00:00Z".into()),
        },
        Change::KeyAdded {
            keyid: c.keyid(),
            key: c.key(),
        },
        Change::KeyRemoved {
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
        Change::Threshold {
            role: role(),
            old: Some(1),
            new: Some(2),
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
        keyid: key.keyid(),
        key: key.key()
    }));
    let added = Change::RoleKeyAdded {
        role: "root".into(),
        keyid: key.keyid(),
    };
    assert!(changes.contains(&added));
    let threshold = Change::Threshold {
        role: "root".into(),
        old: None,
        new: Some(1),
    };
    assert!(changes.contains(&threshold));
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

/// Documents of each role with a random unknown field, among others where only objects are.
fn any_document() -> impl Strategy<Value = Value> {
    let root = root_draft(3, &[&TestKey::p256(1), &TestKey::ed25519(2)], 2);
    let mut targets = targets(3);
    targets.set_target(&"a/b".parse().unwrap(), &Target::of(b"b"));
    targets.set_target(&"c".parse().unwrap(), &Target::of(b"c"));
    let documents = [
        root.finish().unwrap(),
        targets.finish().unwrap(),
        snapshot(3, b"targets", 3).finish().unwrap(),
        crate::testing::timestamp(3, b"snapshot", 3)
            .finish()
            .unwrap(),
    ];
    let signed = prop::sample::select(documents.map(|d| d.signed().clone()).to_vec());
    (signed, any_value(), any::<Index>(), "[a-z]{1,3}").prop_map(|(signed, value, place, name)| {
        let mut document = Value::Object(signed);
        let objects = places(&document, |value| matches!(value, Value::Object(_)));
        if let Some(Value::Object(object)) = at(&mut document, place.get::<Vec<Segment>>(&objects))
        {
            object.insert(name, value);
        }
        document
    })
}

/// The paths of every value for which `wanted` holds, within `signed`.
fn places(value: &Value, wanted: fn(&Value) -> bool) -> Vec<Vec<Segment>> {
    let mut found = if wanted(value) {
        vec![Vec::new()]
    } else {
        Vec::new()
    };
    let below: Vec<(Segment, &Value)> = match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (Segment::Key(key.to_string()), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (Segment::Index(index), value))
            .collect(),
        _ => Vec::new(),
    };
    for (segment, value) in below {
        for rest in places(value, wanted) {
            found.push([vec![segment.clone()], rest].concat());
        }
    }
    found
}

fn at<'a>(value: &'a mut Value, path: &[Segment]) -> Option<&'a mut Value> {
    path.iter()
        .try_fold(value, |value, segment| match (value, segment) {
            (Value::Object(object), Segment::Key(key)) => object.get_mut(key),
            (Value::Array(items), Segment::Index(index)) => items.get_mut(*index),
            _ => None,
        })
}

fn document(signed: Value) -> Document {
    let Value::Object(signed) = signed else {
        panic!("an object")
    };
    Document::unsigned(signed)
}

/// Whether some change names `path`, something around it or something within it.
fn mentions(changes: &[Change], path: &[Segment]) -> bool {
    let signed = Segment::Key("signed".into());
    let path: JsonPath = std::iter::once(signed)
        .chain(path.iter().cloned())
        .collect();
    changes
        .iter()
        .map(Change::path)
        .any(|changed| changed.contains(&path) || path.contains(&changed))
}

proptest! {
    #[test]
    fn no_place_can_change_unseen(old in any_document(), place in any::<Index>(), to in any_value()) {
        let all = places(&old, |_| true);
        let path = place.get::<Vec<Segment>>(&all[1..]);
        let mut new = old.clone();
        let leaf = at(&mut new, path).unwrap();
        prop_assume!(*leaf != to);
        *leaf = to;
        for (old, new) in [(&old, &new), (&new, &old)] {
            let changes = diff(Some(&document(old.clone())), &document(new.clone()));
            prop_assert!(mentions(&changes, path), "{path:?}: {changes:?}");
        }
    }

    #[test]
    fn nothing_can_be_added_or_removed_unseen(
        old in any_document(), place in any::<Index>(), name in "[a-z]{4}", value in any_value()
    ) {
        let objects = places(&old, |value| matches!(value, Value::Object(_)));
        let path = place.get::<Vec<Segment>>(&objects);
        let mut new = old.clone();
        let Some(Value::Object(object)) = at(&mut new, path) else { panic!("an object") };
        object.insert(name.clone(), value);
        let path = [path.clone(), vec![Segment::Key(name)]].concat();
        for (old, new) in [(&old, &new), (&new, &old)] {
            let changes = diff(Some(&document(old.clone())), &document(new.clone()));
            prop_assert!(mentions(&changes, &path), "{path:?}: {changes:?}");
        }
    }

    #[test]
    fn equal_documents_have_no_diff(document_value in any_document()) {
        let document = document(document_value);
        prop_assert_eq!(diff(Some(&document), &document.clone()), []);
        prop_assert!(!diff(None, &document).is_empty());
    }

    #[test]
    fn any_two_different_values_have_a_diff(old in any_value(), new in any_value()) {
        let wrap = |value: &Value| {
            let name = ["keys", "roles", "targets", "meta", "version", "expires", "x"];
            name.map(|name| (name.to_owned(), value.clone())).into_iter().collect::<Object>()
        };
        prop_assume!(old != new);
        let changes = diff(
            Some(&Document::unsigned(wrap(&old))),
            &Document::unsigned(wrap(&new)),
        );
        for name in wrap(&old).keys() {
            let path = JsonPath::default().key("signed").key(name);
            prop_assert!(changes.iter().any(|change| path.contains(&change.path())), "{name}");
        }
    }
}
