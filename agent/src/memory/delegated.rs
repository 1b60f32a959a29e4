//! The delegated roles of a lineage: what is known of each, and who delegates to it.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use privyseal_tuf::{DelegatedRole, DelegatedRoles, PublicKey, Role, RoleName, Scope};

use super::{KnownDelegations, RoleHistory};

/// The delegated roles of a lineage.
///
/// Changed in place, role by role: a lineage may have thousands, and each decision changes one.
#[derive(Debug, Clone, Default)]
pub struct Delegated {
    /// A role that loses its last delegator keeps its history: no version is used again.
    histories: HashMap<RoleName, Arc<RoleHistory>>,
    delegators: Delegators,
}

/// Who delegates to whom, by the last final documents, found by the name of either.
#[derive(Debug, Clone, Default)]
struct Delegators {
    all: HashMap<Role, Arc<KnownDelegations>>,
    by_name: HashMap<Name, Vec<Role>>,
}

/// What delegations name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    /// One role.
    Role(RoleName),
    /// All bins of this prefix.
    Bins(RoleName),
}

impl Delegated {
    /// The versions of a role; `None` where none is known.
    #[must_use]
    pub fn history(&self, name: &RoleName) -> Option<&Arc<RoleHistory>> {
        self.histories.get(name)
    }

    /// The versions of every role, in no order.
    pub(super) fn histories(&self) -> impl Iterator<Item = &RoleHistory> {
        self.histories.values().map(AsRef::as_ref)
    }

    pub(super) fn history_mut(&mut self, name: &RoleName) -> &mut RoleHistory {
        Arc::make_mut(self.histories.entry(name.clone()).or_default())
    }

    /// Who delegates to a role. Takes no longer the more delegations there are.
    ///
    /// In notary's dialect that is who its name says: no client looks for it anywhere else.
    pub fn delegators(
        &self,
        name: &RoleName,
    ) -> impl Iterator<Item = (&Role, &Arc<KnownDelegations>)> {
        let prefix = name.as_str().rsplit_once('-').map(|(prefix, _)| prefix);
        let bins = prefix
            .and_then(|prefix| prefix.parse().ok())
            .map(Name::Bins);
        let names = [Some(Name::Role(name.clone())), bins];
        let roles = names.into_iter().flatten();
        let roles = roles.filter_map(|name| self.delegators.by_name.get(&name));
        roles
            .flatten()
            .filter_map(|role| self.delegators.all.get_key_value(role))
            .filter(|(delegator, known)| {
                let role = known.role(name);
                role.is_none_or(|role| may_delegate(delegator, &role))
            })
    }

    /// The roles of which a key is, by any listed delegation. Takes longer the more there are.
    #[must_use]
    pub fn roles_of(&self, key: &PublicKey) -> Vec<RoleName> {
        let mut roles = Vec::new();
        for (delegator, known) in &self.delegators.all {
            let listed = known.view().map(|delegations| &delegations.roles);
            let Some(DelegatedRoles::Listed(listed)) = listed else {
                continue;
            };
            let listed = listed.iter();
            let listed = listed.filter(|role| may_delegate(delegator, role));
            let of_key = listed.filter(|role| {
                let mut keys = known.keys(&role.keys);
                keys.any(|(_, listed)| listed.public() == Ok(key))
            });
            roles.extend(of_key.map(|role| role.name.clone()));
        }
        roles
    }

    /// Takes over what the last final document of `delegator` says.
    pub(super) fn index(&mut self, delegator: &Role, now: Option<&Arc<KnownDelegations>>) {
        let Delegators { all, by_name } = &mut self.delegators;
        let now = now.filter(|now| now.count() > 0);
        if all.get(delegator).map(Arc::as_ptr) == now.map(Arc::as_ptr) {
            return;
        }
        for name in all.remove(delegator).iter().flat_map(|all| names(all)) {
            if let Entry::Occupied(mut roles) = by_name.entry(name) {
                roles.get_mut().retain(|role| role != delegator);
                if roles.get().is_empty() {
                    roles.remove();
                }
            }
        }
        if let Some(now) = now {
            for name in names(now) {
                by_name.entry(name).or_default().push(delegator.clone());
            }
            all.insert(delegator.clone(), Arc::clone(now));
        }
    }
}

/// Does the delegation count? Of notary's dialect only one to a role one step below.
fn may_delegate(delegator: &Role, role: &DelegatedRole) -> bool {
    let is_notary = matches!(role.scope, Scope::Prefixes(_));
    !is_notary || is_one_step_below(delegator.as_str(), &role.name)
}

/// Is the role one step below the other, by its name?
#[must_use]
pub fn is_one_step_below(delegator: &str, name: &RoleName) -> bool {
    let parts = name.as_str().rsplit_once('/');
    parts.is_some_and(|(above, _)| above == delegator)
}

fn names(delegations: &KnownDelegations) -> Vec<Name> {
    match delegations.view().map(|delegations| &delegations.roles) {
        None => Vec::new(),
        Some(DelegatedRoles::Listed(roles)) => {
            let names = roles.iter().map(|role| Name::Role(role.name.clone()));
            names.collect()
        }
        Some(DelegatedRoles::Succinct(bins)) => vec![Name::Bins(bins.name_prefix().clone())],
    }
}
