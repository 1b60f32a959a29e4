use std::collections::BTreeMap;

use privyseal_tuf::{DelegatedRole, DelegatedRoles, Delegations, Key, KeyId, RoleName};
use privyseal_tuf::{RoleKeys, SuccinctRoles};

use super::{add_keys, delegations, role_keys};
use crate::failure::Advice;
use crate::repo::edit::edit_targets;
use crate::repo::project::Project;
use crate::repo::settings::{DelegatedSettings, KeySettings, bins, take_key};
use crate::repo::work::Work;

/// Other keys, or another threshold, for a delegated role or for the bins of a `PREFIX-*`.
#[derive(Debug)]
pub struct DelegationChange<'a> {
    /// The role's name, or `PREFIX-*`.
    pub name: &'a str,
    /// Keys that may sign from now on.
    pub added: &'a [KeySettings],
    /// Keys that may not, as a person names them.
    pub removed: &'a [String],
    /// How many must sign.
    pub threshold: Option<u32>,
    /// Keys by keyid: for those that the delegator does not list.
    pub known: &'a BTreeMap<KeyId, Key>,
}

/// Makes drafts of the delegators with this change. Returns the keys and the threshold.
pub fn change_delegation(
    project: &Project,
    work: &Work,
    change: &DelegationChange<'_>,
) -> anyhow::Result<(Vec<KeySettings>, u32)> {
    let mut delegated = project.settings().delegated.iter();
    let Some((_, settings)) = delegated.find(|(name, _)| *name == change.name) else {
        return Err(Advice::failed(
            format!("privyseal.toml knows no role {}", change.name),
            "`privyseal repo roles` lists them; hashed bins are changed all at once, as PREFIX-*",
        )
        .into());
    };
    let mut new: DelegatedSettings = settings.clone();
    let mut gone = Vec::new();
    for named in change.removed {
        gone.push(take_key(&mut new.keys, named)?.keyid);
    }
    new.keys.extend_from_slice(change.added);
    let mut threshold = 0;
    let mut documents = Vec::new();
    for by in &new.by {
        let Some(present) = delegations(work, by)? else {
            continue;
        };
        let with = |keys: &RoleKeys| {
            let stay = keys.keyids.iter().filter(|keyid| !gone.contains(keyid));
            let added = change.added.iter().map(|key| &key.keyid);
            let keyids = stay.chain(added).cloned().collect();
            role_keys(
                keyids,
                change.threshold.unwrap_or(keys.threshold),
                change.name,
            )
        };
        let mut draft = edit_targets(work, by)?;
        add_keys(&mut draft, Some(&present), change.added, change.known)?;
        match changed(&present, change.name, with)? {
            Changed::Listed(roles) => {
                threshold = roles.first().map_or(0, |role| role.keys.threshold);
                draft.set_delegations(&roles);
            }
            Changed::Succinct(succinct) => {
                threshold = succinct.keys().threshold;
                draft.set_succinct_roles(&succinct);
            }
        }
        draft.remove_unused_delegation_keys();
        documents.push((by.clone(), draft.finish()?));
    }
    let (_, text) = project.with_delegated(change.name, Some(&new))?;
    for (by, document) in &documents {
        project.drafts().write(by, document)?;
    }
    project.write_settings(&text)?;
    Ok((new.keys, threshold))
}

enum Changed {
    Listed(Vec<DelegatedRole>),
    Succinct(SuccinctRoles),
}

fn changed(
    present: &Delegations,
    name: &str,
    with: impl Fn(&RoleKeys) -> Result<RoleKeys, Advice>,
) -> Result<Changed, Advice> {
    match &present.roles {
        DelegatedRoles::Listed(roles) => {
            let mut changed = Vec::new();
            for role in roles.iter().filter(|role| is_meant(&role.name, name)) {
                changed.push(DelegatedRole {
                    keys: with(&role.keys)?,
                    ..role.clone()
                });
            }
            if changed.is_empty() {
                return Err(nobody(name));
            }
            Ok(Changed::Listed(changed))
        }
        DelegatedRoles::Succinct(succinct) => {
            let prefix = succinct.name_prefix().clone();
            if bins(prefix.as_str()) != name {
                return Err(nobody(name));
            }
            let keys = with(succinct.keys())?;
            let succinct = SuccinctRoles::new(keys, succinct.bit_length(), prefix);
            succinct.map(Changed::Succinct).ok_or_else(|| nobody(name))
        }
    }
}

/// Whether a listed role is the one of that name, or one of the bins.
fn is_meant(role: &RoleName, name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(prefix) => role.as_str().strip_prefix(prefix).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        }),
        None => role.as_str() == name,
    }
}

fn nobody(name: &str) -> Advice {
    Advice::failed(
        format!("its delegator delegates nothing to {name}"),
        "`privyseal repo roles` shows the delegations",
    )
}
