use std::fmt;

use privyseal_tuf::{Requirement, Role};

use super::{EditError, Edition};

/// What a role says that nobody could trust any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The role.
    pub role: String,
    /// The tags that it lists.
    pub targets: Vec<String>,
}

/// More tags than this are counted.
const MOST_SHOWN: usize = 20;

impl Lost {
    /// All of it in one line.
    pub(super) fn all(lost: &[Self]) -> String {
        let texts: Vec<String> = lost.iter().map(ToString::to_string).collect();
        format!(
            "tags would be lost, whose role can't be signed anew with the keys that are here: {}",
            texts.join("; ")
        )
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.targets.iter().take(MOST_SHOWN);
        let shown: Vec<&str> = shown.map(String::as_str).collect();
        write!(f, "{} of {}", shown.join(", "), self.role)?;
        match self.targets.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Edition<'_> {
    /// Signs anew, in the same edition, what the changes leave without enough signatures: a role
    /// whose keys were taken away, or all targets where the root names other keys.
    ///
    /// # Errors
    /// [`EditError::WouldLose`] where these keys can't, and tags would be lost. A role without tags
    /// is left behind.
    pub fn adopt_orphans(
        &mut self,
        can_sign: &dyn Fn(&Requirement) -> bool,
    ) -> Result<(), EditError> {
        let mut lost = Vec::new();
        let mut roles = vec![Role::TARGETS];
        roles.extend(self.delegated_roles().into_iter().map(Role::Delegated));
        for role in roles {
            let Some(document) = self.base.document(&role) else {
                continue;
            };
            let required = self.requirements(&role)?;
            let is_met = required.iter().all(|it| it.tally(document).is_met());
            if is_met || self.working.contains_key(&role) {
                continue;
            }
            let listed = self.base.targets_of(&role);
            let targets: Vec<String> = listed.map_or_else(Vec::new, |listed| {
                listed.targets.keys().map(ToString::to_string).collect()
            });
            let delegates = listed.and_then(|listed| listed.delegations.as_ref());
            let delegates = delegates.is_some_and(|all| all.names().next().is_some());
            if required.iter().all(can_sign) {
                self.open(&role)?;
            } else if !targets.is_empty() || delegates || role == Role::TARGETS {
                lost.push(Lost {
                    role: role.to_string(),
                    targets,
                });
            }
        }
        match lost.is_empty() {
            true => Ok(()),
            false => Err(EditError::WouldLose(lost)),
        }
    }

    /// What the removal of a delegation takes away with it: the roles that are no longer delegated
    /// to, with their tags that no other role lists.
    #[must_use]
    pub fn taken_back(&self) -> Vec<Lost> {
        let left = self.delegated_roles();
        let mut gone = Vec::new();
        for (role, (_, targets)) in &self.base.targets {
            let is_gone = role.delegated().is_some_and(|name| !left.contains(name));
            let elsewhere = |target: &str| {
                let others = self.roles_with(target);
                others.iter().any(|other| {
                    other.delegated().is_none_or(|name| left.contains(name)) && other != role
                })
            };
            let only: Vec<String> = targets
                .targets
                .keys()
                .filter(|target| !elsewhere(target.as_str()))
                .map(ToString::to_string)
                .collect();
            if is_gone && !only.is_empty() {
                gone.push(Lost {
                    role: role.to_string(),
                    targets: only,
                });
            }
        }
        gone
    }
}
