use std::collections::BTreeSet;

use super::Change;
use crate::json::{JsonPath, Object, Value};

/// What stands at one place of the old and of the new document.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Value>,
    pub(super) new: Option<&'a Value>,
}

impl<'a> Pair<'a> {
    /// Reads both sides alike. None where a side is there and is something else.
    pub(super) fn both<T>(
        self,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<(Option<T>, Option<T>)> {
        let side = |value: Option<&'a Value>| match value {
            None => Some(None),
            Some(value) => read(value).map(Some),
        };
        Some((side(self.old)?, side(self.new)?))
    }

    /// The members that differ, where both sides are objects or not there.
    pub(super) fn members(self) -> Option<Vec<(&'a str, Pair<'a>)>> {
        static EMPTY: Object = Object::new();
        let (old, new) = self.both(Value::as_object)?;
        Some(differing(old.unwrap_or(&EMPTY), new.unwrap_or(&EMPTY)))
    }

    /// A member that differs, where both sides are objects or not there.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let (old, new) = self.both(Value::as_object)?;
        let side = |object: Option<&'a Object>| object.and_then(|object| object.get(name));
        let (old, new) = (side(old), side(new));
        (old != new).then_some(Self { old, new })
    }
}

/// The members of two objects that differ, sorted by name.
pub(super) fn differing<'a>(old: &'a Object, new: &'a Object) -> Vec<(&'a str, Pair<'a>)> {
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).collect();
    let pairs = names.into_iter().map(|name| {
        let (old, new) = (old.get(name), new.get(name));
        (name, Pair { old, new })
    });
    pairs.filter(|(_, pair)| pair.old != pair.new).collect()
}

/// Describes a difference with `describe`; where that finds no words, as fields.
pub(super) fn or_walk(
    path: &JsonPath,
    pair: Pair<'_>,
    changes: &mut Vec<Change>,
    describe: impl FnOnce(&mut Vec<Change>),
) {
    let before = changes.len();
    describe(changes);
    if changes.len() == before {
        walk(path, pair, changes);
    }
}

/// The members that a change did not tell of.
pub(super) fn walk_others(
    path: &JsonPath,
    pair: Pair<'_>,
    told: &[&str],
    changes: &mut Vec<Change>,
) {
    for (name, pair) in pair.members().unwrap_or_default() {
        if !told.contains(&name) {
            walk(&path.key(name), pair, changes);
        }
    }
}

/// Names every field that differs, as deep down as both sides have the same shape.
pub(super) fn walk(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    match (pair.old, pair.new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (name, pair) in differing(old, new) {
                walk(&path.key(name), pair, changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                walk(
                    &path.index(index),
                    Pair {
                        old: Some(old),
                        new: Some(new),
                    },
                    changes,
                );
            }
        }
        (old, new) => changes.push(Change::Field {
            path: path.clone(),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}
