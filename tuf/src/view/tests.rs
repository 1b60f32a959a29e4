use super::*;
use crate::json::Value;
use crate::testing::{TestKey, root_draft, snapshot, targets, timestamp};

/// The problem with a document after `from` in its text was replaced by `to`.
fn problem(document: &Document, role: RoleType, from: &str, to: &str) -> String {
    let text = String::from_utf8(document.to_bytes()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    let changed = Document::parse(text.replacen(from, to, 1).as_bytes()).unwrap();
    changed.view(role).unwrap_err().to_string()
}

fn root() -> Document {
    root_draft(7, &[&TestKey::p256(1), &TestKey::ed25519(2)], 2)
        .finish()
        .unwrap()
}

#[test]
fn views_say_what_the_document_says() {
    let document = root();
    let view = document.view(RoleType::Root).unwrap();
    assert_eq!((view.role(), view.version()), (RoleType::Root, 7));
    let View::Root(root) = view else {
        panic!("a root")
    };
    assert_eq!(root.consistent_snapshot, Some(true));
    assert_eq!(root.keys.len(), 3);
    assert_eq!(root.roles.root.threshold, 2);
    assert_eq!(root.roles.iter().count(), 4);
    assert_eq!(root.header.spec_version.as_deref(), Some("1.0.34"));
}

#[test]
fn another_type_than_the_role_is_an_error_of_its_own() {
    let error = root().view(RoleType::Targets).unwrap_err();
    let expected = ViewError::WrongType {
        expected: RoleType::Targets,
        found: "root".into(),
    };
    assert_eq!(error, expected);
}

#[test]
fn errors_name_the_place() {
    for (from, to, message) in [
        (
            r#""version": 7"#,
            r#""version": 0"#,
            "signed.version: version 0: it must be 1 or more",
        ),
        (
            r#""version": 7"#,
            r#""version": -1"#,
            "signed.version: version -1: it must be 1 or more",
        ),
        (
            r#""version": 7"#,
            r#""version": "7""#,
            "signed.version: must be an integer, not a string",
        ),
        (r#""version": 7"#, r#""x": 7"#, "signed.version: is missing"),
        (
            r#""consistent_snapshot": true"#,
            r#""consistent_snapshot": null"#,
            "signed.consistent_snapshot: must be a boolean, not null",
        ),
        (
            r#""threshold": 2"#,
            r#""threshold": 0"#,
            "signed.roles.root.threshold: threshold 0: it must be from 1 to 2^32-1",
        ),
        (
            r#""threshold": 2"#,
            r#""threshold": 4294967296"#,
            "signed.roles.root.threshold: threshold 4294967296: it must be from 1 to 2^32-1",
        ),
        (
            r#""spec_version": "1.0.34""#,
            r#""spec_version": "2.0.0""#,
            "signed.spec_version: version \"2.0.0\" of the specification: this program reads 1.x",
        ),
        (
            r#""spec_version": "1.0.34""#,
            r#""spec_version": "1.x""#,
            "signed.spec_version: version \"1.x\" of the specification: this program reads 1.x",
        ),
        (
            r#""timestamp": {"#,
            r#""mirrors": {"#,
            "signed.roles.timestamp: is missing",
        ),
        (
            r#""keyids": ["#,
            r#""keyids": [ 7, "#,
            "signed.roles.root.keyids[0]: must be a string, not an integer",
        ),
        (
            r#""keyids": ["#,
            r#""keyids": ["nobody","#,
            "signed.roles.root.keyids[0]: keyid nobody is not among the keys that stand beside the role",
        ),
    ] {
        assert_eq!(problem(&root(), RoleType::Root, from, to), message);
    }
}

#[test]
fn malformed_expiries_are_refused() {
    for bad in [
        "2040-01-02T03:04:05+00:00",
        "2040-02-30T00:00:00Z",
        "",
        "soon",
    ] {
        let message = problem(&root(), RoleType::Root, "2040-01-02T03:04:05Z", bad);
        assert!(message.starts_with("signed.expires: "), "{message}");
    }
}

#[test]
fn a_keyid_may_stand_once_in_a_role() {
    let keyid = TestKey::p256(1).keyid();
    let (from, to) = (r#""keyids": ["#, format!(r#""keyids": ["{keyid}","#));
    let message = problem(&root(), RoleType::Root, from, &to);
    assert!(
        message.contains(&format!("keyid {keyid} stands twice")),
        "{message}"
    );
}

#[test]
fn an_unreachable_threshold_parses_and_can_be_asked_for() {
    let key = TestKey::p256(1);
    let view = |document: Document| document.root().unwrap();
    let root = view(root_draft(1, &[&key], 2).finish().unwrap());
    assert_eq!(root.roles.root.distinct_keys(&root.keys), 1);
    assert!(!root.roles.root.reachable(&root.keys));
    assert!(root.roles.targets.reachable(&root.keys));
}

#[test]
fn one_key_under_two_keyids_is_one_key() {
    let key = TestKey::p256(1);
    let document = root_draft(1, &[&key], 2).finish().unwrap();
    let text = String::from_utf8(document.to_bytes()).unwrap();
    let value = serde_json::to_string(key.key().value()).unwrap();
    let text = text
        .replacen(
            r#""keys": {"#,
            &format!(r#""keys": {{"other": {value},"#),
            1,
        )
        .replacen(r#""keyids": ["#, r#""keyids": ["other","#, 1);
    let root = Document::parse(text.as_bytes()).unwrap().root().unwrap();
    assert_eq!(root.roles.root.keyids.len(), 2);
    assert_eq!(root.roles.root.distinct_keys(&root.keys), 1);
    assert!(!root.roles.root.reachable(&root.keys));
}

#[test]
fn target_paths_that_could_escape_are_refused() {
    let mut draft = targets(1);
    draft.set_target(&"good.txt".parse().unwrap(), &Target::of(b"content"));
    let document = draft.finish().unwrap();
    for bad in [
        "../up",
        "/etc/passwd",
        r"nul\u0000",
        "a//b",
        r"back\\slash",
        "",
    ] {
        let message = problem(&document, RoleType::Targets, "good.txt", bad);
        assert!(message.contains("the target path "), "{message}");
    }
    let message = problem(
        &document,
        RoleType::Targets,
        r#""length": 7"#,
        r#""length": -7"#,
    );
    assert_eq!(
        message,
        "signed.targets[\"good.txt\"].length: length -7: it can't be negative"
    );
    let message = problem(&document, RoleType::Targets, r#""sha256""#, r#""sha512""#);
    assert!(
        message.starts_with("signed.targets[\"good.txt\"].hashes: "),
        "{message}"
    );
}

#[test]
fn a_snapshot_lists_targets_and_a_timestamp_only_its_snapshot() {
    let snapshot = snapshot(1, b"targets", 1).finish().unwrap();
    assert_eq!(
        problem(&snapshot, RoleType::Snapshot, "targets.json", "other.json"),
        "signed.meta[\"targets.json\"]: is missing"
    );
    let timestamp = timestamp(1, b"snapshot", 1).finish().unwrap();
    assert_eq!(
        problem(
            &timestamp,
            RoleType::Timestamp,
            "snapshot.json",
            "targets.json"
        ),
        "signed.meta[\"targets.json\"]: a timestamp names snapshot.json and nothing else"
    );
    assert_eq!(
        problem(
            &timestamp,
            RoleType::Timestamp,
            r#""version": 1"#,
            r#""version": 0"#
        ),
        "signed.meta[\"snapshot.json\"].version: version 0: it must be 1 or more"
    );
}

#[test]
fn floods_of_keyids_are_refused() {
    let keyids = vec![Value::from("x"); MAX_KEYIDS + 1];
    let value = serde_json::to_string(&Value::Array(keyids)).unwrap();
    let to = format!(r#""keyids": {value}, "x": ["#);
    let message = problem(&root(), RoleType::Root, r#""keyids": ["#, &to);
    assert!(message.contains("1025 keyids are more than"), "{message}");
}

#[test]
fn floods_of_keys_are_refused_before_any_is_parsed() {
    let flood = |count: usize| {
        let keys: Vec<_> = (0..count).map(|n| format!(r#""{n}": "no key""#)).collect();
        format!(r#""keys": {{{}}}, "x": {{"#, keys.join(","))
    };
    let message = |count| problem(&root(), RoleType::Root, r#""keys": {"#, &flood(count));
    assert_eq!(
        message(MAX_KEYS + 1),
        "signed.keys: 1025 keys are more than the 1024 that are read"
    );
    let parsed = message(MAX_KEYS);
    assert!(parsed.starts_with("signed.keys.0: "), "{parsed}");
}

#[test]
fn content_matches_by_length_and_by_hashes() {
    let target = Target::of(b"content");
    assert!(target.matches(b"content") && !target.matches(b"contend"));
    assert!(
        !Target {
            length: 8,
            ..target
        }
        .matches(b"content")
    );
    let meta = crate::testing::meta(b"content", 1);
    assert!(meta.matches(b"content") && !meta.matches(b"contend"));
    assert!(
        !MetaFile {
            length: Some(8),
            ..meta.clone()
        }
        .matches(b"content")
    );
    assert!(
        !MetaFile {
            length: None,
            ..meta.clone()
        }
        .matches(b"contend")
    );
    assert!(
        !MetaFile {
            hashes: None,
            ..meta
        }
        .matches(b"contents")
    );
    assert!(MetaFile::of_version(1).matches(b"anything"));
}
