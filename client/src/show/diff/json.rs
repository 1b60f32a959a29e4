use privyseal_tuf::{Change, Hashes, MetaFile, TargetFile};
use serde_json::{Value, json};

/// Changes for scripts: each with the kind of change, its place, and what was and is there.
pub fn changes_json(changes: &[Change]) -> Value {
    Value::Array(changes.iter().map(change_json).collect())
}

fn change_json(change: &Change) -> Value {
    let (kind, old, new) = match change {
        Change::Version { old, new } => ("version", json!(old), json!(new)),
        Change::Expires { old, new } => ("expires", json!(old), json!(new)),
        Change::KeyAdded { key, .. } => ("key", Value::Null, json!(key.value())),
        Change::KeyRemoved { key, .. } => ("key", json!(key.value()), Value::Null),
        Change::RoleKeyAdded { keyid, .. } => ("role_key", Value::Null, json!(keyid.as_str())),
        Change::RoleKeyRemoved { keyid, .. } => ("role_key", json!(keyid.as_str()), Value::Null),
        Change::Quorum { old, new, .. } => (
            "threshold",
            json!(old.map(|q| q.threshold)),
            json!(new.map(|q| q.threshold)),
        ),
        Change::TargetAdded { file, .. } => ("target", Value::Null, target(file)),
        Change::TargetRemoved { file, .. } => ("target", target(file), Value::Null),
        Change::TargetReplaced { old, new, .. } => ("target", target(old), target(new)),
        Change::MetaAdded { file, .. } => ("meta", Value::Null, meta(file)),
        Change::MetaRemoved { file, .. } => ("meta", meta(file), Value::Null),
        Change::MetaChanged { old, new, .. } => ("meta", meta(old), meta(new)),
        Change::Field { old, new, .. } => ("field", json!(old), json!(new)),
        _ => ("other", Value::Null, Value::Null),
    };
    json!({ "kind": kind, "path": change.path().to_string(), "old": old, "new": new })
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
