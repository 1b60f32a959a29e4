//! New documents out of what is published and what is to change. Pure: neither keys nor clock nor
//! server.

mod base;
mod delegations;
mod error;
mod finish;
mod holds;
mod orphans;
mod root;
mod targets;
#[cfg(test)]
mod tests;
mod working;

use std::collections::BTreeMap;

use privyseal_tuf::{Requirement, Role, RoleName, RoleType, Root};

use super::change::Change;

pub use base::Base;
pub(crate) use delegations::signer_role;
pub use error::EditError;
pub(super) use finish::expires;
pub use finish::{Drafted, DraftedDocument, Lifetimes};
pub use orphans::Lost;
pub use root::RootEdit;
use working::Working;

/// The new state of a repository while it is put together.
#[derive(Clone, Debug)]
pub struct Edition<'a> {
    base: &'a Base,
    root: Option<RootEdit>,
    /// The targets and delegations that get a new version.
    working: BTreeMap<Role, Working>,
    now: i64,
}

impl<'a> Edition<'a> {
    /// Nothing is changed yet. `now` is unix time in seconds.
    #[must_use]
    pub fn over(base: &'a Base, now: i64) -> Self {
        Self {
            base,
            root: None,
            working: BTreeMap::new(),
            now,
        }
    }

    /// Makes a change; after an error nothing of it is made.
    ///
    /// # Errors
    /// Where it can't be made in this repository.
    pub fn apply(&mut self, change: &Change) -> Result<(), EditError> {
        let mut next = self.clone();
        next.make(change)?;
        *self = next;
        Ok(())
    }

    fn make(&mut self, change: &Change) -> Result<(), EditError> {
        match change {
            Change::SetTarget {
                role,
                target,
                content,
            } => self.set_target(role, target, content),
            Change::RemoveTarget { role, target } => self.remove_target(role, target),
            Change::Delegate {
                role,
                keys,
                paths,
                threshold,
            } => self.delegate(role, keys, paths, *threshold),
            Change::Undelegate {
                role,
                keyids,
                paths,
                all_paths,
            } => self.undelegate(role, keyids, paths, *all_paths),
            Change::RemoveDelegation { role } => self.remove_delegation(role),
            Change::Purge { keyids } => self.purge(keyids),
            Change::RemoveSigner { name } => self.remove_signer(name),
            Change::Witness { role } => self.witness(role),
        }
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_none() && self.working.is_empty()
    }

    /// The roles that get new documents.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let root = self.root.iter().map(|_| RoleType::Root.into());
        root.chain(self.working.keys().cloned()).collect()
    }

    /// The root that will count.
    pub(super) fn root(&self) -> Result<&Root, EditError> {
        match &self.root {
            Some(edit) => Ok(edit.view()),
            None => self.base.root().ok_or(EditError::NoRepository),
        }
    }

    /// Whose signatures the new document of a role needs.
    ///
    /// # Errors
    /// Where nobody delegates to it.
    pub fn requirements(&self, role: &Role) -> Result<Vec<Requirement>, EditError> {
        let root = self.root()?;
        match role {
            Role::Top(RoleType::Root) => Ok(Requirement::of_root(self.base.root(), root)),
            Role::Top(role) => Ok(vec![Requirement::of(root, *role)]),
            Role::Delegated(name) => Ok(vec![self.required_of(name)?]),
        }
    }

    fn required_of(&self, name: &RoleName) -> Result<Requirement, EditError> {
        let delegator = base::delegator_of(name)?;
        let targets = self.targets_of(&delegator);
        let delegations = targets.and_then(|targets| targets.delegations.as_ref());
        let role = delegations.and_then(|all| Some((all, all.role(name)?)));
        let (delegations, role) = role.ok_or_else(|| EditError::NotDelegated(name.to_string()))?;
        Ok(Requirement::of_delegation(
            delegator.as_str(),
            &role,
            delegations,
        ))
    }

    /// What targets metadata of a role will say.
    fn targets_of(&self, role: &Role) -> Option<&privyseal_tuf::Targets> {
        match self.working.get(role) {
            Some(working) => Some(working.view()),
            None => self.base.targets_of(role),
        }
    }

    /// A role's metadata, to be changed.
    fn open(&mut self, role: &Role) -> Result<&mut Working, EditError> {
        if let Role::Delegated(name) = role {
            self.required_of(name)?;
        }
        if let Some(why) = self.base.unusable.get(role) {
            return Err(EditError::Unusable {
                role: role.to_string(),
                why: why.clone(),
            });
        }
        if !self.working.contains_key(role) {
            let working = match self.base.document(role) {
                Some(document) => Working::edit(document)?,
                None => Working::fresh()?,
            };
            self.working.insert(role.clone(), working);
        }
        let working = self.working.get_mut(role);
        working.ok_or_else(|| EditError::NotDelegated(role.to_string()))
    }
}

/// A role whose metadata lists targets: `targets` or `targets/…`.
fn targets_role(text: &str) -> Result<Role, EditError> {
    if text == RoleType::Targets.as_str() {
        return Ok(Role::TARGETS);
    }
    Ok(Role::Delegated(delegated_role(text)?))
}

/// The name of a delegated role.
fn delegated_role(text: &str) -> Result<RoleName, EditError> {
    let checked: privyseal_tuf::notary::Delegation = text.parse()?;
    let name = checked.as_str().parse();
    name.map_err(|_| EditError::NotDelegated(text.to_owned()))
}
