use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::keys::{idle_keyids, keyids};
use crate::json::{self, Object, Value};
use crate::{
    DelegatedRole, Dialect, Expires, Key, KeyId, RoleName, SuccinctRoles, Target, TargetPath,
    Targets,
};

impl Draft<Targets> {
    /// Targets metadata without a target.
    pub fn targets(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::fresh(Dialect::Spec, version, expires);
        draft.put("targets", Value::Object(Object::new()));
        draft
    }

    /// Targets of notary's dialect without any target, delegating to nobody.
    pub fn notary_targets(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::fresh(Dialect::Notary, version, expires);
        draft.put("targets", Value::Object(Object::new()));
        draft.edit_roles(|_| {});
        draft
    }

    /// Adds a target, or gives another content to the one of that path. Fields of it that this
    /// crate does not know stay.
    pub fn set_target(&mut self, path: &TargetPath, target: &Target) {
        let dialect = self.dialect;
        json::edit(&mut self.signed, "targets", |targets| {
            json::edit(targets, path.as_str(), |entry| target.write(entry, dialect));
        });
    }

    /// Adds many targets as [`set_target`](Self::set_target) adds one; of two with one path the
    /// later counts. A hundred thousand take little longer than they take to sort.
    pub fn set_targets<'a>(&mut self, new: impl IntoIterator<Item = (&'a TargetPath, &'a Target)>) {
        let dialect = self.dialect;
        json::edit(&mut self.signed, "targets", |targets| {
            let mut added: BTreeMap<&TargetPath, Object> = BTreeMap::new();
            for (path, target) in new {
                match targets.get_mut(path.as_str()) {
                    Some(Value::Object(entry)) => target.write(entry, dialect),
                    _ => target.write(added.entry(path).or_default(), dialect),
                }
            }
            let added = added.into_iter();
            targets.extend(added.map(|(path, entry)| (path.text(), Value::Object(entry))));
        });
    }

    /// Removes a target; says whether there was one.
    pub fn remove_target(&mut self, path: &TargetPath) -> bool {
        self.remove_targets(&BTreeSet::from([path.clone()])) == 1
    }

    /// Removes many targets at once; says how many of them there were.
    pub fn remove_targets(&mut self, paths: &BTreeSet<TargetPath>) -> usize {
        let mut removed = 0;
        json::edit(&mut self.signed, "targets", |targets| {
            let before = targets.len();
            targets.retain(|path, _| !paths.contains(path));
            removed = before - targets.len();
        });
        removed
    }

    /// Adds a key of a delegated role under its computed keyid, which is returned.
    pub fn add_delegation_key(&mut self, key: &Key) -> KeyId {
        let keyid = key.keyid().clone();
        self.edit_delegations(|delegations| {
            json::edit(delegations, "keys", |keys| {
                keys.insert(keyid.to_string(), key.value().clone());
            });
        });
        keyid
    }

    /// Delegates to roles, each in the place of the delegation to its name, or after all others.
    /// Fields of them that this crate does not know stay; bins (`succinct_roles`) give way.
    pub fn set_delegations(&mut self, new: &[DelegatedRole]) {
        let dialect = self.dialect;
        self.edit_roles(|roles| {
            let name = |entry: &Value| Some(entry.as_object()?.get("name")?.as_str()?.to_owned());
            let named = roles.iter().enumerate();
            let mut places: BTreeMap<String, usize> = named
                .filter_map(|(at, entry)| Some((name(entry)?, at)))
                .collect();
            for role in new {
                let end = roles.len();
                let at = *places.entry(role.name.to_string()).or_insert(end);
                if at == end {
                    roles.push(Value::Object(Object::new()));
                }
                if let Some(Value::Object(entry)) = roles.get_mut(at) {
                    role.write(entry, dialect);
                }
            }
        });
    }

    /// Gives the delegation to `name` the priority `at`: 0 is asked first. Beyond the end it is last.
    pub fn move_delegation(&mut self, name: &RoleName, at: usize) {
        self.edit_roles(|roles| {
            if let Some(from) = roles.iter().position(|entry| is_named(entry, name)) {
                let entry = roles.remove(from);
                roles.insert(at.min(roles.len()), entry);
            }
        });
    }

    /// Takes the delegation to a role back; says whether there was one.
    pub fn remove_delegation(&mut self, name: &RoleName) -> bool {
        let mut removed = false;
        self.edit_roles(|roles| {
            let before = roles.len();
            roles.retain(|entry| !is_named(entry, name));
            removed = roles.len() < before;
        });
        removed
    }

    /// Delegates to hashed bins (TAP 15), in the place of all listed delegations.
    pub fn set_succinct_roles(&mut self, succinct: &SuccinctRoles) {
        self.edit_delegations(|delegations| {
            delegations.remove("roles");
            json::edit(delegations, "succinct_roles", |entry| succinct.write(entry));
        });
    }

    /// Delegates to nobody.
    pub fn remove_delegations(&mut self) {
        self.signed.remove("delegations");
    }

    /// Removes the keys that no delegated role names any more. One that none named in the document
    /// that is edited is there for a reason of somebody else's, and stays.
    pub fn remove_unused_delegation_keys(&mut self) {
        let before = self.before.get("delegations").and_then(Value::as_object);
        let idle = before.map_or_else(BTreeSet::new, |before| {
            idle_keyids(before, &used_keyids(before))
        });
        self.edit_delegations(|delegations| {
            let used = used_keyids(delegations);
            json::edit(delegations, "keys", |keys| {
                keys.retain(|keyid, _| used.contains(keyid) || idle.contains(keyid));
            });
        });
    }

    fn edit_roles(&mut self, edit: impl FnOnce(&mut Vec<Value>)) {
        self.edit_delegations(|delegations| {
            delegations.remove("succinct_roles");
            let mut roles = match delegations.remove("roles") {
                Some(Value::Array(roles)) => roles,
                _ => Vec::new(),
            };
            edit(&mut roles);
            delegations.insert("roles", Value::Array(roles));
        });
    }

    fn edit_delegations(&mut self, edit: impl FnOnce(&mut Object)) {
        json::edit(&mut self.signed, "delegations", |delegations| {
            json::edit(delegations, "keys", |_| {});
            edit(delegations);
        });
    }
}

/// The keys that delegated roles name.
fn used_keyids(delegations: &Object) -> BTreeSet<String> {
    let listed = delegations.get("roles").and_then(Value::as_array);
    let listed = listed.into_iter().flatten();
    keyids(listed.chain(delegations.get("succinct_roles")))
}

fn is_named(entry: &Value, name: &RoleName) -> bool {
    let entry = entry.as_object().and_then(|entry| entry.get("name"));
    entry.and_then(Value::as_str) == Some(name.as_str())
}
