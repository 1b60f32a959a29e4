use std::collections::BTreeSet;

use super::Change;
use super::walk::{Pair, or_walk, walk};
use crate::json::{JsonPath, Value};
use crate::{Key, KeyId};

/// `signed.keys`
pub(super) fn keys(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (keyid, pair) in pair.members().unwrap_or_default() {
        let name = KeyId::from(keyid);
        match pair.both(|value| Key::parse(value).ok()) {
            Some((None, Some(key))) => changes.push(Change::KeyAdded { keyid: name, key }),
            Some((Some(key), None)) => changes.push(Change::KeyRemoved { keyid: name, key }),
            _ => walk(&path.key(keyid), pair, changes),
        }
    }
}

/// `signed.roles`
pub(super) fn roles(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (role, pair) in pair.members().unwrap_or_default() {
        let path = path.key(role);
        or_walk(&path, pair, changes, |changes| {
            for (name, pair) in pair.members().unwrap_or_default() {
                let path = path.key(name);
                or_walk(&path, pair, changes, |changes| match name {
                    "keyids" => keyids(role, &path, pair, changes),
                    "threshold" => threshold(role, pair, changes),
                    _ => walk(&path, pair, changes),
                });
            }
        });
    }
}

fn threshold(role: &str, pair: Pair<'_>, changes: &mut Vec<Change>) {
    if let Some((old, new)) = pair.both(Value::as_integer) {
        changes.push(Change::Threshold {
            role: role.to_owned(),
            old,
            new,
        });
    }
}

fn keyids(role: &str, path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    let Some((old, new)) = pair.both(texts) else {
        return;
    };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (old.iter().copied().collect(), new.iter().copied().collect());
    for &keyid in after.difference(&before) {
        changes.push(Change::RoleKeyAdded {
            role: role.to_owned(),
            keyid: keyid.into(),
        });
    }
    for &keyid in before.difference(&after) {
        changes.push(Change::RoleKeyRemoved {
            role: role.to_owned(),
            keyid: keyid.into(),
        });
    }
    // Another order, or one keyid twice: the lists differ in more than their keys.
    if !old
        .iter()
        .filter(|id| after.contains(*id))
        .eq(new.iter().filter(|id| before.contains(*id)))
    {
        walk(path, pair, changes);
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}
