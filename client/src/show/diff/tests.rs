use anstream::StripStream;
use privyseal_tuf::json;
use privyseal_tuf::{Draft, Target};

use super::*;
use crate::repo::testing::Signer;

/// 2026-11-22T00:00:00Z
const NOW: i64 = 1_795_305_600;

fn expires(days: i64) -> Expires {
    Expires::from_seconds(NOW + days * 86_400).unwrap()
}

fn shown(role: RoleType, old: Option<&Document>, new: &Document, context: &DiffContext) -> String {
    let mut out = StripStream::new(Vec::new());
    print_changes(&mut out, context, role, old, new).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

fn context() -> DiffContext {
    DiffContext {
        now: NOW,
        ..DiffContext::default()
    }
}

#[test]
fn a_new_root_names_its_keys_in_full() {
    let (one, two) = (Signer::new(1), Signer::new(2));
    let mut draft = Draft::root(1, &expires(365));
    draft.add_key(&one.key);
    for role in RoleType::ALL {
        draft.set_role(role, &[one.keyid()], 1);
    }
    let old = draft.clone().finish().unwrap();
    draft.set_version(2);
    draft.set_expires(&expires(400));
    draft.add_key(&two.key);
    draft.set_role(RoleType::Root, &[one.keyid(), two.keyid()], 2);
    let new = draft.finish().unwrap();
    let mut context = context();
    context.owners.insert(two.keyid(), "safe:root-2".to_owned());
    context.algorithms.insert(two.keyid(), "ed25519".to_owned());
    let two = two.keyid();
    let expected = format!(
        "root: version 1 -> 2
  ~ expires 2027-11-22T00:00:00Z (in 365 days) -> 2027-12-27T00:00:00Z (in 400 days)
  + key {two} (ed25519, safe:root-2)
  + root may be signed with {two} (ed25519, safe:root-2)
  ~ root threshold 1 -> 2
"
    );
    assert_eq!(shown(RoleType::Root, Some(&old), &new, &context), expected);
    let expected = format!(
        "root: version 2 -> 1
  ~ expires 2027-12-27T00:00:00Z (in 400 days) -> 2027-11-22T00:00:00Z (in 365 days)
  - key {two} (ed25519, safe:root-2)
  - root may be signed with {two} (ed25519, safe:root-2)
  ~ root threshold 2 -> 1, which is LOWER
  ~ version 2 -> 1, which is NOT HIGHER
"
    );
    assert_eq!(shown(RoleType::Root, Some(&new), &old, &context), expected);
}

#[test]
fn targets_are_shown_with_length_and_hash() {
    let mut draft = Draft::targets(1, &expires(90));
    draft.set_target(&"app\u{202e}exe.gz".parse().unwrap(), &Target::of(b"1"));
    draft.set_target(&"gone".parse().unwrap(), &Target::of(b"2"));
    let old = draft.clone().finish().unwrap();
    let one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    let two = "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35";
    let expected = format!(
        "targets: version 1, the first
  + field signed._type = \"targets\"
  + expires 2027-02-20T00:00:00Z (in 90 days)
  + field signed.spec_version = \"1.0.34\"
  + target app\\u{{202e}}exe.gz
      length 1 bytes
      sha256 {one}
  + target gone
      length 1 bytes
      sha256 {two}
"
    );
    assert_eq!(shown(RoleType::Targets, None, &old, &context()), expected);
    draft.set_version(2);
    draft.remove_target(&"gone".parse().unwrap());
    draft.set_target(&"app\u{202e}exe.gz".parse().unwrap(), &Target::of(b"22"));
    let new = draft.finish().unwrap();
    let other = "785f3ec7eb32f30b90cd0fcf3657d388b5ff4297f2f9716ff66e9b69c05ddd09";
    let expected = format!(
        "targets: version 1 -> 2
  ~ target app\\u{{202e}}exe.gz
      old length 1 bytes
      old sha256 {one}
      new length 2 bytes
      new sha256 {other}
  - target gone
      length 1 bytes
      sha256 {two}
"
    );
    assert_eq!(
        shown(RoleType::Targets, Some(&old), &new, &context()),
        expected
    );
}

#[test]
fn unknown_fields_and_escapes_are_shown() {
    let document = |note: &str| {
        let signed = format!(
            "{{\"signatures\":[],\"signed\":{{\"_type\":\"targets\",\"spec_version\":\"1.0.34\",\"version\":1,\
             \"expires\":\"2027-02-20T00:00:00Z\",\"targets\":{{}},\"x-note\":\"{note}\"}}}}"
        );
        Document::parse(signed.as_bytes()).unwrap()
    };
    let text = shown(
        RoleType::Targets,
        Some(&document("a")),
        &document("\\u001b[2Jb\u{200b}"),
        &context(),
    );
    let expected = "targets: version 1 -> 1\n  ~ field signed[\"x-note\"]: \"a\" -> \"\\u001b[2Jb\\u{200b}\"\n";
    assert_eq!(text, expected);
    assert!(
        shown(
            RoleType::Targets,
            Some(&document("a")),
            &document("a"),
            &context()
        )
        .contains("no change")
    );
}

#[test]
fn every_change_has_its_json() {
    let old = Draft::targets(1, &expires(1)).finish().unwrap();
    let mut draft = Draft::targets(2, &expires(2));
    draft.set_target(&"a".parse().unwrap(), &Target::of(b"1"));
    let changes = diff(Some(&old), &draft.finish().unwrap());
    let value = changes_json(&changes);
    let kinds: Vec<&str> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["expires", "target", "version"]);
    assert_eq!(value[1]["path"], "signed.targets.a");
    assert_eq!(value[1]["new"]["length"], 1);
    assert!(json::Value::parse(value.to_string().as_bytes()).is_ok());
}
