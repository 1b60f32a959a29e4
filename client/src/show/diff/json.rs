use privyseal_tuf::{Bins, Change, Danger, Hashes, Key, MetaFile, Quorum, Review, ScopeEntry};
use privyseal_tuf::{RolePlace, TargetFile};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Value, json};

use super::Comparison;
use super::danger::sentence;

/// Changes, each with its kind, its place, and what was and is there; and dangers, each with the
/// number of the change that it is about. Each is made when it is written: there can be very many.
impl Serialize for Comparison<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let review = &self.review;
        let mut object = serializer.serialize_struct("Comparison", 2)?;
        object.serialize_field("changes", &Each(&review.changes, change))?;
        let danger = |danger: &Danger| danger_json(review, danger);
        object.serialize_field("dangers", &Each(&review.dangers, danger))?;
        object.end()
    }
}

/// Items, each by way of a function.
struct Each<'a, T, F>(&'a [T], F);

impl<T, F: Fn(&T) -> Value> Serialize for Each<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

fn danger_json(review: &Review, danger: &Danger) -> Value {
    let change = danger.change.and_then(|at| review.changes.get(at));
    json!({
        "kind": danger.kind().as_str(),
        "change": danger.change,
        "path": change.map(|change| change.path().to_string()),
        "message": sentence(&danger.cause),
    })
}

fn change(change: &Change) -> Value {
    let (kind, old, new) = match change {
        Change::Version { old, new } => ("version", json!(old), json!(new)),
        Change::Expires { old, new } => ("expires", json!(old), json!(new)),
        Change::KeyAdded { key, .. } => ("key", Value::Null, value(key)),
        Change::KeyRemoved { key, .. } => ("key", value(key), Value::Null),
        Change::KeyReplaced { old, new, .. } => ("key", value(old), value(new)),
        Change::RoleKeyAdded { keyid, .. } => ("signer", Value::Null, json!(keyid.as_str())),
        Change::RoleKeyRemoved { keyid, .. } => ("signer", json!(keyid.as_str()), Value::Null),
        Change::Quorum { old, new, .. } => ("threshold", both(old, quorum), both(new, quorum)),
        Change::DelegationAdded { role, before } => ("delegation", Value::Null, {
            json!({ "number": number(role), "asked_before": before })
        }),
        Change::DelegationRemoved { role } => {
            ("delegation", json!({ "number": number(role) }), Value::Null)
        }
        Change::DelegationMoved { role, from, before } => (
            "delegation",
            json!({ "number": from + 1 }),
            json!({ "number": number(role), "asked_before": before }),
        ),
        Change::Terminating { old, new, .. } => ("terminating", json!(old), json!(new)),
        Change::ScopeAdded { entry, .. } => ("paths", Value::Null, scope(entry)),
        Change::ScopeRemoved { entry, .. } => ("paths", scope(entry), Value::Null),
        Change::Bins { old, new } => ("bins", both(old, bins), both(new, bins)),
        Change::TargetAdded { file, .. } => ("target", Value::Null, target(file)),
        Change::TargetRemoved { file, .. } => ("target", target(file), Value::Null),
        Change::TargetReplaced { old, new, .. } => ("target", target(old), target(new)),
        Change::MetaAdded { file, .. } => ("metadata", Value::Null, meta(file)),
        Change::MetaRemoved { file, .. } => ("metadata", meta(file), Value::Null),
        Change::MetaChanged { old, new, .. } => ("metadata", meta(old), meta(new)),
        Change::Field { old, new, .. } => ("field", json!(old), json!(new)),
    };
    let path = change.path().to_string();
    match change.role().and_then(name) {
        Some(role) => json!({ "kind": kind, "path": path, "role": role, "old": old, "new": new }),
        None => json!({ "kind": kind, "path": path, "old": old, "new": new }),
    }
}

fn name(role: &RolePlace) -> Option<&str> {
    match role {
        RolePlace::Top(name) | RolePlace::Delegated { name, .. } => Some(name),
        RolePlace::Bins => None,
    }
}

fn number(role: &RolePlace) -> Option<usize> {
    match role {
        RolePlace::Delegated { index, .. } => Some(index + 1),
        RolePlace::Top(_) | RolePlace::Bins => None,
    }
}

fn both<T>(side: &Option<T>, json: impl Fn(&T) -> Value) -> Value {
    side.as_ref().map_or(Value::Null, json)
}

fn value(key: &Key) -> Value {
    json!(key.value())
}

fn quorum(quorum: &Quorum) -> Value {
    json!({ "threshold": quorum.threshold, "keys": quorum.keys })
}

fn scope(entry: &ScopeEntry) -> Value {
    match entry {
        ScopeEntry::Path(pattern) => json!({ "path": pattern.as_str() }),
        ScopeEntry::HashPrefix(prefix) => json!({ "hash_prefix": prefix.as_str() }),
    }
}

fn bins(bins: &Bins) -> Value {
    json!({ "bit_length": bins.bit_length, "name_prefix": bins.name_prefix })
}

fn target(file: &TargetFile) -> Value {
    json!({ "length": file.length, "hashes": hashes(&file.hashes) })
}

fn meta(file: &MetaFile) -> Value {
    let hashes = file.hashes.as_ref().map(hashes);
    json!({ "version": file.version, "length": file.length, "hashes": hashes })
}

fn hashes(hashes: &Hashes) -> Value {
    hashes
        .iter()
        .map(|(name, digest)| (name.to_owned(), json!(digest)))
        .collect()
}
