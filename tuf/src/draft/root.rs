use std::collections::BTreeSet;

use super::Draft;
use super::keys::{idle_keyids, keyids};
use crate::json::{self, Object, Value};
use crate::{Dialect, Expires, Key, KeyId, RoleType, Root};

impl Draft<Root> {
    /// A root with consistent snapshots, without keys, and with a threshold of 1 for each role.
    pub fn root(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::empty(Dialect::Spec, version, expires);
        draft.put("consistent_snapshot", Value::Bool(true));
        draft
    }

    /// A root of notary's dialect without keys: each role has threshold 1 and no keyid.
    pub fn notary_root(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::empty(Dialect::Notary, version, expires);
        draft.put("consistent_snapshot", Value::Bool(false));
        draft
    }

    fn empty(dialect: Dialect, version: u64, expires: &Expires) -> Self {
        let mut draft = Self::fresh(dialect, version, expires);
        draft.put("keys", Value::Object(Object::new()));
        draft.put("roles", Value::Object(Object::new()));
        for role in RoleType::ALL {
            draft.set_role(role, &[], 1);
        }
        draft
    }

    /// Adds a key under its computed keyid, which is returned.
    pub fn add_key(&mut self, key: &Key) -> KeyId {
        let keyid = key.keyid().clone();
        json::edit(&mut self.signed, "keys", |keys| {
            keys.insert(keyid.to_string(), key.value().clone());
        });
        keyid
    }

    /// Sets who signs for a role.
    pub fn set_role(&mut self, role: RoleType, keyids: &[KeyId], threshold: u32) {
        let keyids = keyids
            .iter()
            .map(|keyid| Value::from(keyid.as_str()))
            .collect();
        json::edit(&mut self.signed, "roles", |roles| {
            json::edit(roles, role.as_str(), |role| {
                role.insert("keyids", Value::Array(keyids));
                role.insert("threshold", Value::from(u64::from(threshold)));
            });
        });
    }

    /// Removes the keys that no role names any more. One that none named in the document that is
    /// edited is there for a reason of somebody else's, and stays.
    pub fn remove_unused_keys(&mut self) {
        let used = used_keyids(&self.signed);
        let idle = idle_keyids(&self.before, &used_keyids(&self.before));
        json::edit(&mut self.signed, "keys", |keys| {
            keys.retain(|keyid, _| used.contains(keyid) || idle.contains(keyid));
        });
    }
}

/// The keys that a root's roles name, whichever roles it has.
fn used_keyids(signed: &Object) -> BTreeSet<String> {
    let roles = signed.get("roles").and_then(Value::as_object);
    keyids(roles.into_iter().flat_map(Object::values))
}
