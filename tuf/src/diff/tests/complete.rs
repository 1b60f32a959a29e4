//! Whatever differs appears, whatever stands there.

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::*;
use super::delegations::{listed, succinct};
use crate::Target;
use crate::json::Segment;
use crate::json::tests::any_value;
use crate::testing::{TestKey, root_draft, snapshot, targets};

/// Documents of each role with a random unknown field, among others where only objects are.
pub(crate) fn any_document() -> impl Strategy<Value = Value> {
    let root = root_draft(3, &[&TestKey::p256(1), &TestKey::ed25519(2)], 2);
    let mut targets = targets(3);
    targets.set_target(&"a/b".parse().unwrap(), &Target::of(b"b"));
    targets.set_target(&"c".parse().unwrap(), &Target::of(b"c"));
    let documents = [
        root.finish().unwrap(),
        targets.finish().unwrap(),
        listed().finish().unwrap(),
        succinct(4).finish().unwrap(),
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

pub(crate) fn document(signed: Value) -> Document {
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
        object.insert(name.as_str(), value);
        let path = [path.clone(), vec![Segment::Key(name)]].concat();
        for (old, new) in [(&old, &new), (&new, &old)] {
            let changes = diff(Some(&document(old.clone())), &document(new.clone()));
            prop_assert!(mentions(&changes, &path), "{path:?}: {changes:?}");
        }
    }

    #[test]
    fn no_list_can_be_reordered_unseen(old in any_document(), place in any::<Index>()) {
        let lists = places(&old, |value| value.as_array().is_some_and(|items| items.len() > 1));
        prop_assume!(!lists.is_empty());
        let path = place.get::<Vec<Segment>>(&lists);
        let mut new = old.clone();
        let Some(Value::Array(items)) = at(&mut new, path) else { panic!("an array") };
        items.reverse();
        prop_assume!(old != new);
        let changes = diff(Some(&document(old)), &document(new));
        prop_assert!(mentions(&changes, path), "{path:?}: {changes:?}");
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
            let name = ["keys", "roles", "targets", "meta", "version", "expires", "delegations", "x"];
            name.map(|name| (name, value.clone())).into_iter().collect::<Object>()
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
