use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use privyseal_tuf::{DelegatedRole, DelegatedRoles, Delegations, Document, Role, RoleName, Scope};

use super::Work;

/// What one version of targets metadata delegates.
#[derive(Debug)]
pub(super) struct Delegator {
    pub(super) version: u64,
    pub(super) delegations: Delegations,
    /// Where a listed role stands: there can be thousands.
    places: BTreeMap<RoleName, usize>,
}

impl Delegator {
    /// What a document delegates; none where it delegates nothing.
    pub(super) fn of(document: &Document) -> anyhow::Result<Option<Self>> {
        if !Self::is_one(document) {
            return Ok(None);
        }
        let targets = document.targets()?;
        let Some(delegations) = targets.delegations else {
            return Ok(None);
        };
        let places = match &delegations.roles {
            DelegatedRoles::Listed(roles) => {
                let names = roles.iter().map(|role| role.name.clone());
                names.zip(0..).collect()
            }
            DelegatedRoles::Succinct(_) => BTreeMap::new(),
        };
        Ok(Some(Self {
            version: targets.header.version,
            delegations,
            places,
        }))
    }

    /// Whether a document delegates at all.
    pub(super) fn is_one(document: &Document) -> bool {
        document.signed().contains_key("delegations")
    }

    /// What it says of a role.
    pub(super) fn role(&self, name: &RoleName) -> Option<DelegatedRole> {
        match &self.delegations.roles {
            DelegatedRoles::Listed(roles) => roles.get(*self.places.get(name)?).cloned(),
            DelegatedRoles::Succinct(succinct) => succinct.role(name),
        }
    }

    /// Whether the two differ in who signs for a role.
    fn signs_otherwise(&self, before: &Self, name: &RoleName) -> bool {
        let keys = |delegator: &Self| {
            let role = delegator.role(name)?;
            let keys = role.keys.keyids.iter();
            let keys: Vec<_> = keys
                .filter_map(|keyid| delegator.delegations.keys.get(keyid).cloned())
                .collect();
            Some((role.keys.threshold, keys))
        };
        keys(self) != keys(before)
    }
}

impl Work {
    /// The roles whose metadata delegates to this one, as far as the settings know; the top-level
    /// targets where they don't.
    pub(in crate::repo) fn delegators_of(&self, name: &RoleName) -> Vec<Role> {
        match self.settings.delegators(name) {
            [] => vec![Role::TARGETS],
            roles => roles.to_vec(),
        }
    }

    /// What a role delegates: its draft, where that has its signatures or where nothing is
    /// published of it; else what is published.
    pub(super) fn delegator(&self, role: &Role) -> anyhow::Result<Option<Rc<Delegator>>> {
        if let Some(known) = self.delegators.borrow().get(role) {
            return Ok(Some(Rc::clone(known)));
        }
        let published = self.published.keep(role)?;
        let document = match self.draft(role) {
            Some(draft) if self.ahead || published.is_none() || self.is_complete(role)? => {
                Some(Arc::clone(draft))
            }
            _ => published,
        };
        let Some(document) = document else {
            return Ok(None);
        };
        let Some(delegator) = Delegator::of(&document)?.map(Rc::new) else {
            return Ok(None);
        };
        let mut delegators = self.delegators.borrow_mut();
        delegators.insert(role.clone(), Rc::clone(&delegator));
        Ok(Some(delegator))
    }

    /// How many delegations lead to a role from the top-level targets.
    pub(in crate::repo) fn depth(&self, role: &Role) -> usize {
        let Some(name) = role.delegated() else {
            return 0;
        };
        let above = self.delegators_of(name);
        1 + above.iter().map(|role| self.depth(role)).max().unwrap_or(0)
    }

    /// The published roles whose keys a draft of their delegator changes.
    pub(super) fn changed_below(&self, role: &Role) -> anyhow::Result<Vec<RoleName>> {
        let (Some(draft), Some(published)) = (self.draft(role), self.published.keep(role)?) else {
            return Ok(Vec::new());
        };
        let said = |document: &Document| document.signed().get("delegations").cloned();
        if said(draft) == said(&published) {
            return Ok(Vec::new());
        }
        let (Some(after), Some(before)) = (Delegator::of(draft)?, Delegator::of(&published)?)
        else {
            return Ok(Vec::new());
        };
        let names = after.delegations.names();
        let changed = names.filter(|name| {
            let role = Role::from(name.clone());
            self.published.version(&role).is_some() && after.signs_otherwise(&before, name)
        });
        Ok(changed.collect())
    }
}

/// Whether a delegation is to a hashed bin.
pub(super) fn is_bin(role: &DelegatedRole) -> bool {
    matches!(role.scope, Scope::HashPrefixes(_))
}
