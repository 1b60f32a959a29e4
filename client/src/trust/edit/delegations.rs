use std::collections::{BTreeMap, BTreeSet};

use privyseal_tuf::{DelegatedRole, DelegatedRoles, Delegations, Key, KeyId, Role, RoleKeys};
use privyseal_tuf::{RoleName, Scope};

use super::base::delegator_of;
use super::{EditError, Edition, delegated_role};
use crate::trust::change::read_key;

/// The role in which docker looks for the tags of every signer.
const RELEASES: &str = "targets/releases";

impl Edition<'_> {
    pub(super) fn delegate(
        &mut self,
        role: &str,
        keys: &[String],
        paths: &[String],
        threshold: Option<u32>,
    ) -> Result<(), EditError> {
        let name = delegated_role(role)?;
        let keys = keys.iter().map(|pem| Ok(read_key(pem, self.now)?.key));
        let keys: Vec<Key> = keys.collect::<Result<_, EditError>>()?;
        let mut delegated = self.delegation(&name).unwrap_or_else(|| fresh(&name));
        let before = delegated.clone();
        for key in &keys {
            if !delegated.keys.keyids.contains(key.keyid()) {
                delegated.keys.keyids.push(key.keyid().clone());
            }
        }
        if let Some(threshold) = threshold {
            delegated.keys.threshold = threshold;
        }
        add_paths(&mut delegated.scope, paths);
        if delegated == before && self.delegation(&name).is_some() {
            return Ok(());
        }
        self.put(delegated, &keys)
    }

    pub(super) fn undelegate(
        &mut self,
        role: &str,
        keyids: &[String],
        paths: &[String],
        all_paths: bool,
    ) -> Result<(), EditError> {
        let name = delegated_role(role)?;
        let mut delegated = self.known(&name)?;
        let known = self.keys_beside(&name);
        for keyid in keyids {
            let named = named(&known, &delegated.keys, keyid);
            if named.is_empty() {
                return Err(EditError::NoSuchKey {
                    role: role.to_owned(),
                    keyid: keyid.clone(),
                });
            }
            delegated.keys.keyids.retain(|id| !named.contains(id));
        }
        if let Scope::Prefixes(prefixes) = &mut delegated.scope {
            for path in paths {
                let before = prefixes.len();
                prefixes.retain(|prefix| prefix != path);
                if prefixes.len() == before {
                    return Err(EditError::NoSuchPath {
                        role: role.to_owned(),
                        path: path.clone(),
                    });
                }
            }
            if all_paths {
                prefixes.clear();
            }
        }
        self.put(delegated, &[])
    }

    pub(super) fn remove_delegation(&mut self, role: &str) -> Result<(), EditError> {
        let name = delegated_role(role)?;
        self.known(&name)?;
        let delegator = delegator_of(&name)?;
        self.open(&delegator)?.redelegate(|draft| {
            draft.remove_delegation(&name);
        })?;
        // What it would have said, and those below it, say nothing any more.
        let below = format!("{name}/");
        self.working
            .retain(|role, _| role.as_str() != name.as_str() && !role.as_str().starts_with(&below));
        Ok(())
    }

    pub(super) fn purge(&mut self, keyids: &[String]) -> Result<(), EditError> {
        for keyid in keyids {
            let mut found = false;
            for name in self.delegated_roles() {
                let Some(mut delegated) = self.delegation(&name) else {
                    continue;
                };
                let named = named(&self.keys_beside(&name), &delegated.keys, keyid);
                if named.is_empty() {
                    continue;
                }
                found = true;
                delegated.keys.keyids.retain(|id| !named.contains(id));
                // A role that nobody could sign for is no use, and would stand in the way.
                match delegated.keys.keyids.is_empty() {
                    true => self.remove_delegation(name.as_str())?,
                    false => self.put(delegated, &[])?,
                }
            }
            if !found {
                return Err(EditError::NoSuchKey {
                    role: "no delegation".to_owned(),
                    keyid: keyid.clone(),
                });
            }
        }
        Ok(())
    }

    /// Takes the signer's role back, and from `targets/releases` the keys that no other signer has.
    pub(super) fn remove_signer(&mut self, name: &str) -> Result<(), EditError> {
        let role = signer_role(name)?;
        let signer = self
            .delegation(&role)
            .ok_or_else(|| EditError::NoSuchSigner(name.to_owned()))?;
        let known = self.keys_beside(&role);
        let prints = |keys: &RoleKeys| -> BTreeSet<_> {
            let keys = keys.keyids.iter().filter_map(|keyid| known.get(keyid));
            keys.map(Key::fingerprint).collect()
        };
        let mut gone = prints(&signer.keys);
        self.remove_delegation(role.as_str())?;
        let Ok(releases) = RELEASES.parse::<RoleName>() else {
            return Ok(());
        };
        for other in self.direct().into_iter().filter(|other| *other != releases) {
            if let Some(delegated) = self.delegation(&other) {
                let kept = prints(&delegated.keys);
                gone.retain(|print| !kept.contains(print));
            }
        }
        let Some(mut delegated) = self.delegation(&releases) else {
            return Ok(());
        };
        let is_gone = |keyid: &KeyId| {
            known
                .get(keyid)
                .is_some_and(|key| gone.contains(&key.fingerprint()))
        };
        let before = delegated.keys.keyids.len();
        delegated.keys.keyids.retain(|keyid| !is_gone(keyid));
        match delegated.keys.keyids.len() {
            0 => self.remove_delegation(RELEASES),
            now if now == before => Ok(()),
            _ => self.put(delegated, &[]),
        }
    }

    /// Every delegated role of the repository, each after its delegator.
    #[must_use]
    pub fn delegated_roles(&self) -> Vec<RoleName> {
        let mut open = self.direct();
        let mut found = Vec::new();
        while let Some(name) = open.pop() {
            let role = Role::Delegated(name.clone());
            let below = self
                .targets_of(&role)
                .and_then(|it| it.delegations.as_ref());
            open.extend(below.iter().flat_map(|all| all.names()));
            found.push(name);
        }
        found.sort();
        found.dedup();
        found
    }

    fn direct(&self) -> Vec<RoleName> {
        let targets = self.targets_of(&Role::TARGETS);
        let delegations = targets.and_then(|targets| targets.delegations.as_ref());
        delegations.iter().flat_map(|all| all.names()).collect()
    }

    fn beside(&self, name: &RoleName) -> Option<&Delegations> {
        let delegator = delegator_of(name).ok()?;
        self.targets_of(&delegator)?.delegations.as_ref()
    }

    pub(super) fn delegation(&self, name: &RoleName) -> Option<DelegatedRole> {
        match &self.beside(name)?.roles {
            DelegatedRoles::Listed(roles) => roles.iter().find(|it| it.name == *name).cloned(),
            DelegatedRoles::Succinct(_) => None,
        }
    }

    fn known(&self, name: &RoleName) -> Result<DelegatedRole, EditError> {
        self.delegation(name)
            .ok_or_else(|| EditError::NotDelegated(name.to_string()))
    }

    pub(super) fn keys_beside(&self, name: &RoleName) -> BTreeMap<KeyId, Key> {
        let beside = self.beside(name);
        beside.map(|all| all.keys.clone()).unwrap_or_default()
    }

    /// Puts a delegation in the place of what was delegated to its role.
    fn put(&mut self, delegated: DelegatedRole, keys: &[Key]) -> Result<(), EditError> {
        let delegator = delegator_of(&delegated.name)?;
        let mut known = self.keys_beside(&delegated.name);
        known.extend(keys.iter().map(|key| (key.keyid().clone(), key.clone())));
        if !delegated.keys.reachable(&known) || delegated.keys.threshold == 0 {
            return Err(EditError::Unreachable {
                role: delegated.name.to_string(),
                keys: delegated.keys.distinct_keys(&known),
                threshold: delegated.keys.threshold,
            });
        }
        self.open(&delegator)?.redelegate(|draft| {
            for key in keys {
                draft.add_delegation_key(key);
            }
            draft.set_delegations(&[delegated]);
        })
    }
}

/// The role of a signer of docker's.
///
/// # Errors
/// Where it is no signer's name, or `releases`.
pub(crate) fn signer_role(name: &str) -> Result<RoleName, EditError> {
    if name == "releases" {
        return Err(EditError::Reserved(name.to_owned()));
    }
    let not_a_name = || EditError::Signer(name.chars().take(200).collect());
    let first = name.bytes().next().ok_or_else(not_a_name)?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let rest = name
        .bytes()
        .all(|byte| is_plain(byte) || b"-_".contains(&byte));
    if !is_plain(first) || !rest {
        return Err(not_a_name());
    }
    delegated_role(&format!("targets/{name}")).map_err(|_| not_a_name())
}

fn fresh(name: &RoleName) -> DelegatedRole {
    DelegatedRole {
        name: name.clone(),
        keys: RoleKeys {
            keyids: Vec::new(),
            threshold: 1,
        },
        terminating: false,
        scope: Scope::Prefixes(Vec::new()),
    }
}

/// `""` stands for all, beside which others mean nothing.
fn add_paths(scope: &mut Scope, paths: &[String]) {
    let Scope::Prefixes(prefixes) = scope else {
        return;
    };
    if paths.iter().any(String::is_empty) {
        *prefixes = vec![String::new()];
        return;
    }
    for path in paths {
        if !prefixes.contains(path) {
            prefixes.push(path.clone());
        }
    }
    prefixes.sort();
}

/// The keys of a role that an id names: by the certificate's id, or by the key's own.
pub(super) fn named(known: &BTreeMap<KeyId, Key>, role: &RoleKeys, keyid: &str) -> BTreeSet<KeyId> {
    let is_it = |id: &&KeyId| {
        let canonical = known.get(*id).and_then(Key::canonical_keyid);
        id.as_str() == keyid || canonical.is_some_and(|id| id.as_str() == keyid)
    };
    role.keyids.iter().filter(is_it).cloned().collect()
}
