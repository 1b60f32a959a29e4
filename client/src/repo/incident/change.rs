use privyseal_tuf::{KeyId, Role, RoleKeys, RoleType};

use super::Incident;
use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::tree::{BinGroup, Delegatee, branches, delegatees};
use crate::repo::work::Work;

/// A role that has any of the keys that are gone.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// The role, or its bins.
    pub(super) what: What,
    /// The role whose metadata says so: root, or a delegator.
    pub(super) by: Role,
    /// Its keys and threshold with the keys that are gone.
    pub(super) before: RoleKeys,
    /// And without them, with what takes their place.
    pub(super) after: RoleKeys,
}

/// One role, or hashed bins that share their keys.
#[derive(Clone, Debug)]
pub(super) enum What {
    Role(Role),
    Bins(BinGroup),
}

impl Changed {
    /// The role's name, or `PREFIX-*`.
    pub(super) fn name(&self) -> &str {
        match &self.what {
            What::Role(role) => role.as_str(),
            What::Bins(group) => &group.name,
        }
    }

    /// The top-level role.
    pub(super) fn top(&self) -> Option<RoleType> {
        match &self.what {
            What::Role(role) => role.top(),
            What::Bins(_) => None,
        }
    }

    /// The roles whose documents these keys sign, as far as they are published.
    pub(super) fn published(&self, work: &Work) -> Vec<Role> {
        match &self.what {
            What::Role(role) if work.published().version(role).is_some() => vec![role.clone()],
            What::Role(_) => Vec::new(),
            What::Bins(group) => group.published(work).into_iter().map(Role::from).collect(),
        }
    }

    /// How many keys it has left, the ones that take the others' place not counted.
    pub(super) fn left(&self, incident: &Incident<'_>) -> usize {
        let gone = incident.keyids();
        let left = self
            .before
            .keyids
            .iter()
            .filter(|keyid| !gone.contains(keyid));
        left.count()
    }
}

/// Every role that has any of the keys, by the settings and by what is delegated.
pub(super) fn roles(
    incident: &Incident<'_>,
    project: &Project,
    work: &Work,
) -> anyhow::Result<Vec<Changed>> {
    let gone = incident.keyids();
    if let Some(own) = incident
        .instead
        .iter()
        .find(|key| gone.contains(&key.keyid))
    {
        let message = format!("{} can't take its own place", own.owner());
        return Err(Advice::failed(message, "give another key with --replace-with").into());
    }
    let mut changed = Vec::new();
    for role in RoleType::ALL {
        let settings = project.settings().role(role);
        let keyids = settings.keys.iter().map(|key| key.keyid.clone());
        let before = RoleKeys {
            keyids: keyids.collect(),
            threshold: settings.threshold,
        };
        changed.push((What::Role(role.into()), Role::from(RoleType::Root), before));
    }
    for branch in branches(work)? {
        for delegatee in delegatees(&branch.delegations) {
            let (what, keys) = match delegatee {
                Delegatee::One(role) => (What::Role(role.name.into()), role.keys),
                Delegatee::Bins(group) => {
                    let keys = group.keys.clone();
                    (What::Bins(group), keys)
                }
            };
            changed.push((what, branch.by.clone(), keys));
        }
    }
    let affected = changed
        .into_iter()
        .filter(|(_, _, keys)| keys.keyids.iter().any(|keyid| gone.contains(keyid)));
    Ok(affected
        .map(|(what, by, before)| Changed {
            after: keys_without(incident, &before),
            what,
            by,
            before,
        })
        .collect())
}

/// The keyids of a role without those that are gone; the threshold stays.
pub(super) fn keys_without(incident: &Incident<'_>, keys: &RoleKeys) -> RoleKeys {
    RoleKeys {
        keyids: incident.without(&keys.keyids, KeyId::clone, |key| key.keyid.clone()),
        threshold: keys.threshold,
    }
}
