//! `signed.delegations`: keys, and roles in either form.

mod bins;
mod listed;
mod order;

use super::lists::{self, Side};
use super::walk::{Pair, or_walk, walk};
use super::{Change, Keyring, RolePlace, ScopeEntry, keys, role};
use crate::json::{JsonPath, Value};

pub(super) fn delegations(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (name, pair) in pair.members().unwrap_or_default() {
        let path = path.key(name);
        or_walk(&path, pair, changes, |changes| match name {
            "keys" => keys::keys(Keyring::Delegations, &path, pair, changes),
            "roles" => listed::roles(&path, pair, changes),
            "succinct_roles" => bins::roles(&path, pair, changes),
            _ => walk(&path, pair, changes),
        });
    }
}

/// What a listed delegation says.
fn delegation(place: &RolePlace, path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    role::role(
        place,
        path,
        pair,
        &["name"],
        changes,
        |name, path, pair, changes| match name {
            "terminating" => terminating(place, pair, changes),
            "paths" => scope(place, path, pair, changes, |text| {
                Some(ScopeEntry::Path(text.into()))
            }),
            "path_hash_prefixes" => scope(place, path, pair, changes, |text| {
                Some(ScopeEntry::HashPrefix(text.parse().ok()?))
            }),
            _ => walk(path, pair, changes),
        },
    );
}

fn terminating(place: &RolePlace, pair: Pair<'_>, changes: &mut Vec<Change>) {
    let boolean = |value: &Value| match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    };
    if let Some((old, new)) = pair.both(boolean) {
        let role = place.clone();
        changes.push(Change::Terminating { role, old, new });
    }
}

fn scope(
    place: &RolePlace,
    path: &JsonPath,
    pair: Pair<'_>,
    changes: &mut Vec<Change>,
    entry: impl Fn(&str) -> Option<ScopeEntry>,
) {
    lists::texts(path, pair, changes, |text, side| {
        let (role, entry) = (place.clone(), entry(text)?);
        Some(match side {
            Side::Added => Change::ScopeAdded { role, entry },
            Side::Removed => Change::ScopeRemoved { role, entry },
        })
    });
}
