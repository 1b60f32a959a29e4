use privyseal_tuf::Scope;

use super::{EditError, Edition, delegated_role, delegations, targets, targets_role};
use crate::trust::change::Change;

impl Edition<'_> {
    /// Whether a repository says already what a change would make it say, whoever published it.
    /// Whether a role was signed anew it does not say.
    #[must_use]
    pub fn holds(&self, change: &Change) -> bool {
        match change {
            Change::SetTarget {
                role,
                target,
                content,
            } => {
                let listed = targets_role(role)
                    .ok()
                    .and_then(|role| self.targets_of(&role))
                    .zip(targets::path(target).ok())
                    .and_then(|(targets, path)| targets.targets.get(&path));
                listed.is_some_and(|listed| targets::target(content).as_ref() == Ok(listed))
            }
            Change::RemoveTarget { role, target } => {
                let Ok(role) = targets_role(role) else {
                    return false;
                };
                !self.roles_with(target).contains(&role)
            }
            Change::Delegate { .. } => {
                let mut edition = self.clone();
                let before = edition.working.len();
                edition.apply(change).is_ok() && edition.working.len() == before
            }
            Change::Undelegate {
                role,
                keyids,
                paths,
                all_paths,
            } => {
                let Ok(name) = delegated_role(role) else {
                    return false;
                };
                let Some(delegated) = self.delegation(&name) else {
                    return true;
                };
                let known = self.keys_beside(&name);
                let has_key =
                    |keyid: &String| !delegations::named(&known, &delegated.keys, keyid).is_empty();
                let Scope::Prefixes(prefixes) = &delegated.scope else {
                    return false;
                };
                let has_path = match all_paths {
                    true => !prefixes.is_empty(),
                    false => paths.iter().any(|path| prefixes.contains(path)),
                };
                !keyids.iter().any(has_key) && !has_path
            }
            Change::RemoveDelegation { .. } => {
                matches!(self.try_on(change), Err(EditError::NotDelegated(_)))
            }
            Change::Purge { keyids } => keyids.iter().all(|keyid| {
                let keyids = vec![keyid.clone()];
                let purged = self.try_on(&Change::Purge { keyids });
                matches!(purged, Err(EditError::NoSuchKey { .. }))
            }),
            Change::RemoveSigner { .. } => {
                matches!(self.try_on(change), Err(EditError::NoSuchSigner(_)))
            }
            Change::Witness { .. } => false,
        }
    }

    fn try_on(&self, change: &Change) -> Result<(), EditError> {
        self.clone().apply(change)
    }
}
