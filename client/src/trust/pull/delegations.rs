use std::collections::{BTreeMap, VecDeque};

use privyseal_tuf::notary::{Delegation, Snapshot};
use privyseal_tuf::{DelegatedRoles, Delegations, Key, KeyId, RoleKeys, Scope};
use privyseal_tuf::{Target, Targets};

use super::top::Seen;
use super::verified::{Verified, verify};
use super::{Pull, PullError, rollback};

/// The most delegated roles that are followed.
pub const MOST_ROLES: usize = 1024;

/// A role that targets metadata delegates to.
#[derive(Clone, Debug)]
pub struct Delegated {
    /// Its name.
    pub name: Delegation,
    /// Who delegates to it: `targets`, or another delegated role.
    pub delegator: String,
    /// Its keys, by the ids that the delegator gives them, and its threshold.
    pub keys: RoleKeys,
    /// How the tags begin that it is trusted with, by its delegator and those above.
    pub paths: Vec<String>,
    /// What it says, or why that is not taken.
    pub metadata: Result<Verified<Targets>, Unused>,
}

/// Why a delegated role says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// Nobody has published anything under it.
    Unpublished,
    /// Too few of its keys signed, as this message says.
    BelowThreshold(String),
    /// It is out of date, as this message says.
    Expired(String),
}

impl Delegated {
    /// Whether it is trusted with a tag.
    pub fn covers(&self, tag: &str) -> bool {
        self.paths.iter().any(|path| tag.starts_with(&**path))
    }

    /// What it says of a tag that it is trusted with.
    pub fn target(&self, tag: &str) -> Option<&Target> {
        let targets = &self.metadata.as_ref().ok()?.view.targets;
        targets.get(tag).filter(|_| self.covers(tag))
    }
}

/// A role whose delegations are still to be followed.
struct Open {
    name: String,
    paths: Vec<String>,
    delegations: Delegations,
}

impl Pull<'_> {
    /// Follows every delegation, those of one role in their order before those of the next.
    pub(super) async fn delegations(
        &self,
        snapshot: &Verified<Snapshot>,
        targets: &Verified<Targets>,
        seen: Seen<'_>,
    ) -> Result<Vec<Delegated>, PullError> {
        let mut found: Vec<Delegated> = Vec::new();
        let top = targets.view.delegations.clone();
        let top = top.map(|delegations| Open {
            name: "targets".to_owned(),
            paths: vec![String::new()],
            delegations,
        });
        let mut open: VecDeque<Open> = top.into_iter().collect();
        while let Some(delegator) = open.pop_front() {
            for mut role in children(&delegator)? {
                if found.len() >= MOST_ROLES {
                    let text = format!(
                        "there are more than the {MOST_ROLES} delegated roles that are followed"
                    );
                    return Err(PullError::TooMuch(text));
                }
                role.metadata = self.delegated(snapshot, &delegator, &role, seen).await?;
                if let Ok(metadata) = &role.metadata
                    && let Some(delegations) = &metadata.view.delegations
                {
                    open.push_back(Open {
                        name: role.name.as_str().to_owned(),
                        paths: role.paths.clone(),
                        delegations: delegations.clone(),
                    });
                }
                found.push(role);
            }
        }
        Ok(found)
    }

    async fn delegated(
        &self,
        snapshot: &Verified<Snapshot>,
        delegator: &Open,
        role: &Delegated,
        seen: Seen<'_>,
    ) -> Result<Result<Verified<Targets>, Unused>, PullError> {
        let name = role.name.as_str();
        let keys = &delegator.delegations.keys;
        let Some(meta) = snapshot.view.delegations.get(&role.name) else {
            let seen = seen.and_then(|seen| seen.get(name));
            rollback::check_dropped::<Targets>(name, seen, keys, &role.keys)?;
            return Ok(Err(Unused::Unpublished));
        };
        let bytes = self.named(name, "snapshot", meta, seen).await?;
        self.read_delegated(keys, role, &bytes, seen)
    }

    /// Verifies the file of a delegated role. Where it is out of date or not signed by enough keys,
    /// its tags are not taken; the rest of the repository is no worse for it.
    fn read_delegated(
        &self,
        keys: &BTreeMap<KeyId, Key>,
        role: &Delegated,
        bytes: &[u8],
        seen: Seen<'_>,
    ) -> Result<Result<Verified<Targets>, Unused>, PullError> {
        let name = role.name.as_str();
        let verified = match verify::<Targets>(name, bytes, keys, &role.keys) {
            Err(error @ PullError::BelowThreshold { .. }) => {
                return Ok(Err(Unused::BelowThreshold(error.to_string())));
            }
            other => other?,
        };
        let seen = seen.and_then(|seen| seen.get(name));
        rollback::check(name, seen, &verified, keys, &role.keys)?;
        match self.check_expiry(name, &verified) {
            Err(error) => Ok(Err(Unused::Expired(error.to_string()))),
            Ok(()) => Ok(Ok(verified)),
        }
    }
}

/// The roles that a role delegates to: those whose names are one part longer than its own, with the
/// paths that are within its own. Others have no effect, as in notary.
fn children(delegator: &Open) -> Result<Vec<Delegated>, PullError> {
    let DelegatedRoles::Listed(roles) = &delegator.delegations.roles else {
        return Err(PullError::unreadable(
            &delegator.name,
            "it delegates in a way that notary does not know",
        ));
    };
    let mut children = Vec::new();
    for role in roles {
        let name = role.name.as_str().parse::<Delegation>();
        let name = name.map_err(|e| PullError::unreadable(&delegator.name, e))?;
        let parent = name.as_str().rsplit_once('/').map(|(parent, _)| parent);
        if parent != Some(&*delegator.name) {
            continue;
        }
        let paths = match &role.scope {
            Scope::Prefixes(paths) => paths.clone(),
            Scope::Paths(_) | Scope::HashPrefixes(_) => Vec::new(),
        };
        let within = |path: &String| delegator.paths.iter().any(|it| path.starts_with(&**it));
        children.push(Delegated {
            name,
            delegator: delegator.name.clone(),
            keys: role.keys.clone(),
            paths: paths.into_iter().filter(within).collect(),
            metadata: Err(Unused::Unpublished),
        });
    }
    Ok(children)
}
