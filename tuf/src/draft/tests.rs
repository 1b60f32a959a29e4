use super::*;
use crate::json;
use crate::testing::{TestKey, expires, meta, root_draft, snapshot, targets, timestamp};
use crate::{KeyId, MetaFile, Problem, RoleType, Root, Target, TargetPath, Targets};

#[test]
fn fresh_documents_are_valid_and_say_which_specification_they_follow() {
    let documents = [
        Draft::root(1, &expires()).finish().unwrap(),
        targets(1).finish().unwrap(),
        snapshot(1, b"t", 1).finish().unwrap(),
        timestamp(1, b"s", 1).finish().unwrap(),
    ];
    for (document, role) in documents.iter().zip(RoleType::ALL) {
        let view = document.view(role).unwrap();
        assert_eq!((view.version(), view.expires()), (1, &expires()));
        let specification = document.signed().get("spec_version");
        assert_eq!(specification, Some(&Value::from("1.0.34")));
        assert_eq!(document.signatures(), []);
    }
    assert_eq!(documents[0].root().unwrap().consistent_snapshot, Some(true));
}

#[test]
fn edits_leave_unknown_fields_in_place() {
    let text = r#"{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.0","version":3,
        "expires":"2040-01-02T03:04:05Z","x":{"y":1},"delegations":{"keys":{},"roles":[]},
        "targets":{"a":{"length":1,"hashes":{"sha256":"HASH","sha512":"HASHHASH"},"x":7,
        "custom":{"c":1}},"b":{"length":1,"hashes":{"sha256":"HASH"}}}}}"#;
    let text = text.replace("HASH", &"0a".repeat(32));
    let document = Document::parse(text.as_bytes()).unwrap();
    let mut draft = Draft::<Targets>::edit(&document).unwrap();
    draft.set_version(4);
    draft.set_target(&"a".parse().unwrap(), &Target::of(b"new"));
    assert!(draft.remove_target(&"b".parse().unwrap()));
    assert!(!draft.remove_target(&"b".parse().unwrap()));
    let document = draft.finish().unwrap();
    let payload = String::from_utf8(document.payload().bytes()).unwrap();
    let hash = crate::Sha256Digest::of(b"new");
    assert_eq!(
        payload,
        format!(
            r#"{{"_type":"targets","delegations":{{"keys":{{}},"roles":[]}},"expires":"2040-01-02T03:04:05Z","spec_version":"1.0.0","targets":{{"a":{{"hashes":{{"sha256":"{hash}"}},"length":3,"x":7}}}},"version":4,"x":{{"y":1}}}}"#
        )
    );
}

#[test]
fn many_targets_are_set_and_removed_as_one_after_another() {
    let paths: Vec<TargetPath> = ["b", "a", "d", "c", "a"]
        .map(|path| path.parse().unwrap())
        .to_vec();
    let files: Vec<Target> = (0..5_u8).map(|content| Target::of(&[content])).collect();
    let mut start = targets(1);
    start.set_target(&paths[2], &Target::of(b"old"));
    json::edit(&mut start.signed, "targets", |targets| {
        json::edit(targets, "d", |entry| drop(entry.insert("x", Value::Null)));
    });
    let (mut one_by_one, mut at_once) = (start.clone(), start);
    for (path, file) in paths.iter().zip(&files) {
        one_by_one.set_target(path, file);
    }
    at_once.set_targets(paths.iter().zip(&files));
    assert_eq!(one_by_one.signed, at_once.signed);
    let gone = ["c", "d", "nothing"].map(|path| path.parse().unwrap());
    assert_eq!(at_once.remove_targets(&gone.clone().into()), 2);
    let removed = gone.map(|path| one_by_one.remove_target(&path));
    assert_eq!(removed, [true, true, false]);
    assert_eq!(one_by_one.signed, at_once.signed);
}

#[test]
fn root_keys_come_and_go_with_their_roles() {
    let (old, new) = (TestKey::p256(1), TestKey::p256(2));
    let document = root_draft(1, &[&old], 1).finish().unwrap();
    let mut draft = Draft::<Root>::edit(&document).unwrap();
    draft.set_version(2);
    let keyid = draft.add_key(&new.key());
    assert_eq!(keyid, new.keyid());
    draft.set_role(RoleType::Root, &[keyid], 1);
    draft.remove_unused_keys();
    let root = draft.finish().unwrap().root().unwrap();
    assert!(root.keys.contains_key(&new.keyid()) && !root.keys.contains_key(&old.keyid()));
    assert_eq!(root.roles.root.keyids, [new.keyid()]);
    assert_eq!(
        root.roles.targets.keyids,
        [crate::testing::online().keyid()]
    );
}

#[test]
fn meta_entries_are_written_whole() {
    let mut draft = snapshot(1, b"targets", 1);
    draft.set_meta("bin-0.json", &MetaFile::of_version(4));
    draft.set_meta("targets.json", &MetaFile::of_version(2));
    let snapshot = draft.finish().unwrap().snapshot().unwrap();
    assert_eq!(snapshot.meta["bin-0.json"], MetaFile::of_version(4));
    assert_eq!(snapshot.meta["targets.json"], MetaFile::of_version(2));
    let mut draft = timestamp(1, b"old", 1);
    draft.set_snapshot(&meta(b"new", 2));
    assert_eq!(
        draft.finish().unwrap().timestamp().unwrap().snapshot,
        meta(b"new", 2)
    );
}

#[test]
fn what_could_not_be_read_again_is_not_finished() {
    for version in [1 << 53, u64::MAX] {
        let error = targets(version).finish().unwrap_err();
        assert!(matches!(error, DraftError::Document(_)), "{error}");
    }
    let error = targets(0).finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        "signed.version: version 0: it must be 1 or more"
    );
    assert!(targets((1 << 53) - 1).finish().is_ok());
    let mut draft = root_draft(1, &[&TestKey::p256(1)], 1);
    draft.set_role(RoleType::Root, &[KeyId::from("nobody")], 1);
    let DraftError::View(ViewError::Field { problem, .. }) = draft.finish().unwrap_err() else {
        panic!("a field");
    };
    assert_eq!(problem, Problem::UnknownKeyId("nobody".into()));
}

#[test]
fn a_document_of_another_role_is_not_edited() {
    let document = targets(1).finish().unwrap();
    assert!(matches!(
        Draft::<Root>::edit(&document),
        Err(ViewError::WrongType { .. })
    ));
}

#[test]
fn keys_that_no_role_named_before_stay() {
    let (old, new, idle) = (TestKey::p256(1), TestKey::p256(2), TestKey::p256(3));
    let mut draft = root_draft(1, &[&old], 1);
    draft.add_key(&idle.key());
    let document = draft.finish().unwrap();
    let mut draft = Draft::<Root>::edit(&document).unwrap();
    let keyid = draft.add_key(&new.key());
    draft.set_role(RoleType::Root, &[keyid], 1);
    draft.remove_unused_keys();
    let keys = draft.finish().unwrap().root().unwrap().keys;
    let listed = |key: &TestKey| keys.contains_key(&key.keyid());
    assert_eq!([&old, &new, &idle].map(listed), [false, true, true]);
}

#[test]
fn keys_that_no_delegated_role_named_before_stay() {
    let [old, new, idle] = [1, 2, 3].map(TestKey::p256);
    let role = |key: &TestKey| crate::DelegatedRole {
        name: "app".parse().unwrap(),
        keys: crate::RoleKeys {
            keyids: vec![key.keyid()],
            threshold: 1,
        },
        terminating: false,
        scope: crate::Scope::Paths(vec!["*".into()]),
    };
    let mut draft = targets(1);
    draft.add_delegation_key(&old.key());
    draft.add_delegation_key(&idle.key());
    draft.set_delegations(&[role(&old)]);
    let document = draft.finish().unwrap();
    let mut draft = Draft::<Targets>::edit(&document).unwrap();
    draft.add_delegation_key(&new.key());
    draft.set_delegations(&[role(&new)]);
    draft.remove_unused_delegation_keys();
    let targets = draft.finish().unwrap().targets().unwrap();
    let keys = targets.delegations.unwrap().keys;
    let listed = |key: &TestKey| keys.contains_key(&key.keyid());
    assert_eq!([&old, &new, &idle].map(listed), [false, true, true]);
}

#[test]
fn unknown_members_of_the_envelope_stay() {
    let text = String::from_utf8(targets(1).finish().unwrap().to_bytes()).unwrap();
    let text = text.replacen('{', r#"{"x-envelope":{"made":"here"},"#, 1);
    let document = Document::parse(text.as_bytes()).unwrap();
    let mut draft = Draft::<Targets>::edit(&document).unwrap();
    draft.set_version(2);
    let text = String::from_utf8(draft.finish().unwrap().to_bytes()).unwrap();
    assert!(
        text.contains("x-envelope") && text.contains("made"),
        "{text}"
    );
}
