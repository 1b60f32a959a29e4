//! Whom a targets document delegates to, as the memory keeps it.

mod record;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::HashMap};

use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, Key, KeyId, RoleKeys, RoleName, Targets,
};

/// The delegations of a targets document; empty where it delegates to nobody.
#[derive(Debug, Default, Clone)]
pub struct KnownDelegations {
    delegations: Option<Delegations>,
    /// Places of listed roles.
    places: HashMap<RoleName, usize>,
}

impl KnownDelegations {
    /// The delegations of a document.
    #[must_use]
    pub fn of(targets: &Targets) -> Self {
        let empty = DelegatedRoles::Listed(Vec::new());
        let delegations = targets.delegations.as_ref();
        delegations
            .filter(|all| !all.keys.is_empty() || all.roles != empty)
            .map_or_else(Self::default, |all| Self::new(all.clone()))
    }

    fn new(delegations: Delegations) -> Self {
        let places = match &delegations.roles {
            DelegatedRoles::Listed(roles) => {
                let names = roles.iter().map(|role| role.name.clone());
                names.zip(0..).collect()
            }
            DelegatedRoles::Succinct(_) => HashMap::new(),
        };
        Self {
            delegations: Some(delegations),
            places,
        }
    }

    /// As the document has them; `None` where it has none.
    #[must_use]
    pub fn view(&self) -> Option<&Delegations> {
        self.delegations.as_ref()
    }

    /// The delegation to a role. Takes no longer the more roles there are.
    #[must_use]
    pub fn role(&self, name: &RoleName) -> Option<Cow<'_, DelegatedRole>> {
        match &self.delegations.as_ref()?.roles {
            DelegatedRoles::Listed(roles) => roles.get(*self.places.get(name)?).map(Cow::Borrowed),
            DelegatedRoles::Succinct(succinct) => succinct.role(name).map(Cow::Owned),
        }
    }

    /// How many roles it delegates to.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self.delegations.as_ref().map(|known| &known.roles) {
            None => 0,
            Some(DelegatedRoles::Listed(roles)) => roles.len() as u64,
            Some(DelegatedRoles::Succinct(succinct)) => succinct.bins(),
        }
    }

    /// The keys of a delegation, each under the keyid that the delegator gives it.
    pub fn keys<'a>(&'a self, keys: &'a RoleKeys) -> impl Iterator<Item = (&'a KeyId, &'a Key)> {
        let known = self.delegations.as_ref().map(|known| &known.keys);
        keys.keyids
            .iter()
            .filter_map(move |keyid| Some((keyid, known?.get(keyid)?)))
    }
}

impl PartialEq for KnownDelegations {
    fn eq(&self, other: &Self) -> bool {
        self.delegations == other.delegations
    }
}
