use super::*;
use crate::Expires;
use crate::json::{Object, Value};
use crate::testing::{self, meta, root_draft, snapshot, targets, timestamp};

const DAY: i64 = 86_400;

#[test]
fn versions_go_up_and_a_roots_by_one() {
    let key = TestKey::p256(1);
    for (old, new, expected) in [
        (Some(4), 5, None),
        (Some(4), 6, Some(Cause::Skipped)),
        (Some(4), 4, Some(Cause::NotHigher)),
        (Some(4), 3, Some(Cause::NotHigher)),
        (None, 1, None),
        (None, 2, Some(Cause::Skipped)),
    ] {
        let root = |version| root_draft(version, &[&key], 1);
        let old = old.map(|version| root(version).finish().unwrap());
        let mut draft = root(new);
        draft.add_key(&TestKey::p256(2).key());
        let room = Room::of(RoleType::Root).with(&key, "alice");
        let room = room.with(&testing::online(), "machine");
        let causes = room.causes(old.as_ref(), &draft.finish().unwrap());
        assert_eq!(causes.first(), expected.as_ref(), "{old:?} {new}");
    }
    let room = Room::of(RoleType::Targets);
    let causes = |version| {
        let (old, new) = (targets(4), targets(version));
        room.causes(Some(&old.finish().unwrap()), &new.finish().unwrap())
    };
    assert_eq!(causes(900), [], "drafts that were given up");
    assert_eq!(causes(2000), [Cause::Skipped]);
    assert_eq!(causes(4), [], "nothing changed");
}

#[test]
fn expiries_are_held_against_the_usual_and_the_last() {
    let room = Room::of(RoleType::Targets);
    let latest = testing::expires().seconds();
    let mut old = targets(1);
    old.set_expires(&Expires::from_seconds(NOW + 10 * DAY).unwrap());
    let old = old.finish().unwrap();
    let causes = |seconds| {
        let mut draft = targets(2);
        draft.set_expires(&Expires::from_seconds(seconds).unwrap());
        room.causes(Some(&old), &draft.finish().unwrap())
    };
    assert_eq!(causes(latest), []);
    assert_eq!(causes(latest + 1), [Cause::FarExpiry { latest }]);
    assert_eq!(causes(NOW + 9 * DAY), [Cause::EarlierExpiry]);
    let past = [Cause::PastExpiry, Cause::EarlierExpiry];
    assert_eq!(causes(NOW), past);
}

#[test]
fn an_unchanged_expiry_in_the_past_is_about_the_whole_document() {
    let room = Room::of(RoleType::Targets);
    let document = |version| {
        let mut draft = targets(version);
        draft.set_expires(&Expires::from_seconds(NOW - 1).unwrap());
        draft.finish().unwrap()
    };
    let review = room.review(Some(&document(1)), &document(2));
    assert_eq!(
        review.dangers,
        [Danger {
            change: None,
            cause: Cause::PastExpiry
        }]
    );
}

fn edited(document: &Document, edit: impl FnOnce(&mut Object)) -> Document {
    let mut signed = document.signed().clone();
    edit(&mut signed);
    Document::unsigned(signed)
}

#[test]
fn settings_of_the_whole_repository() {
    let room = Room::of(RoleType::Root).with(&TestKey::p256(1), "alice");
    let old = root_draft(1, &[&TestKey::p256(1)], 1).finish().unwrap();
    let next = |name: &str, value: Option<Value>| {
        let new = edited(&old, |signed| {
            signed.insert("version", Value::Integer(2));
            crate::json::set(signed, name, value);
        });
        room.causes(Some(&old), &new)
    };
    let no = Some(Value::Bool(false));
    assert_eq!(next("consistent_snapshot", no), [Cause::ConsistentSnapshot]);
    assert_eq!(
        next("consistent_snapshot", None),
        [Cause::ConsistentSnapshot]
    );
    let older = Some(Value::from("1.0.9"));
    assert_eq!(next("spec_version", older), [Cause::OlderSpecification]);
    assert_eq!(next("spec_version", Some(Value::from("1.0.100"))), []);
    let other = next("_type", Some(Value::from("targets")));
    assert!(matches!(other.as_slice(), [Cause::Invalid(_)]), "{other:?}");
}

#[test]
fn entries_never_go_back() {
    let room = Room::of(RoleType::Snapshot);
    let mut old = snapshot(3, b"targets", 5);
    old.set_meta("docs.json", &meta(b"docs", 2));
    let old = old.finish().unwrap();
    let causes = |name: &str, entry: Option<Value>| {
        let new = edited(&old, |signed| {
            signed.insert("version", Value::Integer(4));
            crate::json::edit(signed, "meta", |meta| crate::json::set(meta, name, entry));
        });
        room.causes(Some(&old), &new)
    };
    let entry = |version, content: Option<&[u8]>| {
        let mut entry = Object::new();
        match content {
            Some(content) => meta(content, version).write(&mut entry),
            None => crate::MetaFile::of_version(version).write(&mut entry),
        }
        Some(Value::Object(entry))
    };
    assert_eq!(causes("docs.json", None), [Cause::EntryDropped]);
    assert_eq!(
        causes("docs.json", entry(1, Some(b"docs"))),
        [Cause::EntryLowered]
    );
    assert_eq!(
        causes("docs.json", entry(2, Some(b"evil"))),
        [Cause::EntryReplaced]
    );
    assert_eq!(causes("docs.json", entry(3, Some(b"more"))), []);
    assert_eq!(causes("docs.json", entry(3, None)), [Cause::Unpinned]);
    assert_eq!(causes("new.json", entry(1, None)), []);
    let older = timestamp(3, b"snapshot", 4).finish().unwrap();
    let room = Room::of(RoleType::Timestamp);
    let newer = timestamp(2, b"snapshot", 5).finish().unwrap();
    assert_eq!(room.causes(Some(&newer), &older), [Cause::EntryLowered]);
}
