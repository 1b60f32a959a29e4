//! What changes between two documents of one role, for a person to read before signing.

mod change;
mod delegations;
mod entries;
mod keys;
mod lists;
mod role;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

use crate::Document;
use crate::json::{JsonPath, Object, Value};

pub use change::{Bins, Change, Keyring, Quorum, RolePlace, ScopeEntry, TargetFile};
use walk::{Pair, or_walk, walk};

/// Every change from `old` (or from nothing) to `new`. Signatures are left out. Whatever differs
/// anywhere in `signed` appears: what has no change of its own is a [`Change::Field`].
pub fn diff(old: Option<&Document>, new: &Document) -> Vec<Change> {
    let empty = Object::new();
    let old = old.map_or(&empty, Document::signed);
    let signed = JsonPath::default().key("signed");
    let mut changes = Vec::new();
    for (name, pair) in walk::differing(old, new.signed()) {
        let path = signed.key(name);
        or_walk(&path, pair, &mut changes, |changes| match name {
            "version" => version(pair, changes),
            "expires" => expires(pair, changes),
            "keys" => keys::keys(Keyring::Root, &path, pair, changes),
            "roles" => role::top_roles(&path, pair, changes),
            "delegations" => delegations::delegations(&path, pair, changes),
            "targets" => entries::targets(&path, pair, changes),
            "meta" => entries::meta(&path, pair, changes),
            _ => walk(&path, pair, changes),
        });
    }
    changes
}

fn version(pair: Pair<'_>, changes: &mut Vec<Change>) {
    if let Some((old, new)) = pair.both(Value::as_integer) {
        changes.push(Change::Version { old, new });
    }
}

fn expires(pair: Pair<'_>, changes: &mut Vec<Change>) {
    if let Some((old, new)) = pair.both(Value::as_str) {
        changes.push(Change::Expires {
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        });
    }
}
