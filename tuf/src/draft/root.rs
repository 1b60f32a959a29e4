use std::collections::BTreeSet;

use super::Draft;
use crate::json::{self, Object, Value};
use crate::{Expires, Key, KeyId, RoleType, Root};

impl Draft<Root> {
    /// A root with consistent snapshots, without keys, and with a threshold of 1 for each role.
    pub fn root(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::fresh(version, expires);
        draft.put("consistent_snapshot", Value::Bool(true));
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

    /// Removes the keys that no role names.
    pub fn remove_unused_keys(&mut self) {
        let used = self.used_keyids();
        json::edit(&mut self.signed, "keys", |keys| {
            keys.retain(|keyid, _| used.contains(keyid));
        });
    }

    fn used_keyids(&self) -> BTreeSet<String> {
        let roles = self.signed.get("roles").and_then(Value::as_object);
        let roles = roles
            .into_iter()
            .flat_map(Object::values)
            .filter_map(Value::as_object);
        let keyids = roles
            .filter_map(|role| role.get("keyids"))
            .filter_map(Value::as_array);
        keyids
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }
}
