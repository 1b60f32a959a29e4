//! The keys and threshold of a role, wherever a document names them.

use std::collections::BTreeSet;

use super::lists::{self, Side};
use super::walk::{Pair, or_walk, walk};
use super::{Change, Quorum, RolePlace};
use crate::json::{JsonPath, Value};

/// `signed.roles`
pub(super) fn top_roles(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (name, pair) in pair.members().unwrap_or_default() {
        let path = path.key(name);
        let place = RolePlace::Top(name.to_owned());
        or_walk(&path, pair, changes, |changes| {
            role(
                &place,
                &path,
                pair,
                &[],
                changes,
                |_, path, pair, changes| {
                    walk(path, pair, changes);
                },
            );
        });
    }
}

/// One role: its keys and threshold, and by `other` the rest of it, except for what was told of.
pub(super) fn role(
    place: &RolePlace,
    path: &JsonPath,
    pair: Pair<'_>,
    told: &[&str],
    changes: &mut Vec<Change>,
    other: impl Fn(&str, &JsonPath, Pair<'_>, &mut Vec<Change>),
) {
    if let Some(pair) = pair.member("keyids") {
        let path = path.key("keyids");
        or_walk(&path, pair, changes, |changes| {
            keyids(place, &path, pair, changes);
        });
    }
    let quorum = quorum(place, pair, changes);
    for (name, pair) in pair.members().unwrap_or_default() {
        if name == "keyids" || (name == "threshold" && quorum) || told.contains(&name) {
            continue;
        }
        let path = path.key(name);
        or_walk(&path, pair, changes, |changes| {
            other(name, &path, pair, changes);
        });
    }
}

/// True where it told of the threshold.
fn quorum(place: &RolePlace, pair: Pair<'_>, changes: &mut Vec<Change>) -> bool {
    let Some((old, new)) = pair.both(Quorum::read) else {
        return false;
    };
    if old != new {
        let role = place.clone();
        changes.push(Change::Quorum { role, old, new });
    }
    true
}

fn keyids(place: &RolePlace, path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    lists::texts(path, pair, changes, |keyid, side| {
        let (role, keyid) = (place.clone(), keyid.into());
        Some(match side {
            Side::Added => Change::RoleKeyAdded { role, keyid },
            Side::Removed => Change::RoleKeyRemoved { role, keyid },
        })
    });
}

impl Quorum {
    fn read(role: &Value) -> Option<Self> {
        let role = role.as_object()?;
        let keyids = role.get("keyids")?.as_array()?.iter().map(Value::as_str);
        Some(Self {
            threshold: role.get("threshold")?.as_integer()?,
            keys: keyids.collect::<Option<BTreeSet<&str>>>()?.len(),
        })
    }
}
