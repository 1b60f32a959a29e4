//! Edits of what targets metadata delegates.

mod bins;
mod check;
mod narrow;
mod rotate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use privyseal_tuf::{
    DelegatedRole, Delegations, Draft, Key, KeyId, Role, RoleKeys, RoleName, Scope, Targets,
};

use super::edit::edit_targets;
use super::project::Project;
use super::settings::{DelegatedSettings, KeySettings, Period};
use super::work::Work;
use crate::failure::Advice;

pub use bins::{BinsChange, place_bins};
pub use check::notes;
pub use rotate::{DelegationChange, change_delegation};

/// A delegation that is to be made or changed.
#[derive(Debug)]
pub struct NewDelegation<'a> {
    /// The role.
    pub name: &'a RoleName,
    /// Who delegates to it.
    pub by: &'a Role,
    /// Its keys; an empty list leaves those of a present delegation.
    pub keys: &'a [KeySettings],
    /// How many keys must sign.
    pub threshold: Option<u32>,
    /// The paths; none leaves those of a present delegation.
    pub scope: Option<Scope>,
    /// Whether the search for a path that it covers ends with it; none leaves it as it is.
    pub terminating: Option<bool>,
    /// How long its versions are valid; none leaves it as it is.
    pub expires: Option<Period>,
    /// Its place among the delegations: 0 is asked first.
    pub place: Option<usize>,
    /// Keys by keyid: for those that the delegator does not list.
    pub known: &'a BTreeMap<KeyId, Key>,
}

/// Delegates to a role, or changes the delegation to it; makes the role's first metadata where it
/// has none. What a person should know comes back as notes.
pub fn delegate(
    project: &Project,
    work: &Work,
    new: &NewDelegation<'_>,
) -> anyhow::Result<Vec<String>> {
    // A repository that was made elsewhere keeps its names.
    if project.settings().delegated.get(new.name).is_none() {
        check::name(new.name)?;
    }
    check::ends(project, new)?;
    let mut draft = edit_targets(work, new.by)?;
    let delegations = delegations(work, new.by)?;
    if let Some(delegations) = &delegations {
        check::is_listed(delegations, new.by)?;
    }
    let before = delegations
        .as_ref()
        .and_then(|delegations| delegations.role(new.name));
    let role = changed(new, before.as_ref())?;
    narrow::keeps_targets(work, new.by, before.as_ref(), &role)?;
    let notes = check::scope(work, new.by, &role, delegations.as_ref())?;
    add_keys(&mut draft, delegations.as_ref(), new.keys, new.known)?;
    draft.set_delegations(std::slice::from_ref(&role));
    if let Some(place) = new.place {
        draft.move_delegation(new.name, place);
    }
    draft.remove_unused_delegation_keys();
    let document = draft.finish()?;
    let text = settings(project, new)?;
    if project.settings().delegated.get(new.name).is_none() {
        start(project, work, new)?;
    }
    project.drafts().write(new.by, &document)?;
    project.write_settings(&text)?;
    Ok(notes)
}

/// Takes a delegation back. The role's metadata stays published, and is never asked for again.
pub fn undelegate(
    project: &Project,
    work: &Work,
    name: &RoleName,
    by: &Role,
) -> anyhow::Result<()> {
    let mut draft = edit_targets(work, by)?;
    if !draft.remove_delegation(name) {
        return Err(Advice::failed(
            format!("{by} delegates nothing to {name}"),
            "`privyseal repo roles` shows the delegations",
        )
        .into());
    }
    draft.remove_unused_delegation_keys();
    let document = draft.finish()?;
    let text = match project.settings().delegated.get(name).cloned() {
        Some(mut settings) => {
            settings.by.retain(|role| role != by);
            let left = Some(&settings).filter(|settings| !settings.by.is_empty());
            Some(project.with_delegated(name.as_str(), left)?.1)
        }
        None => None,
    };
    project.drafts().write(by, &document)?;
    let role = Role::from(name.clone());
    if work
        .draft(&role)
        .is_some_and(|draft| draft.signatures().is_empty())
    {
        project.drafts().remove(&role)?;
    }
    text.map_or(Ok(()), |text| project.write_settings(&text))
}

/// What the draft of a role, or else its published version, delegates.
pub fn delegations(work: &Work, by: &Role) -> anyhow::Result<Option<Delegations>> {
    match work.current(by)? {
        Some(document) => Ok(document.targets()?.delegations),
        None => Ok(None),
    }
}

fn changed(
    new: &NewDelegation<'_>,
    before: Option<&DelegatedRole>,
) -> Result<DelegatedRole, Advice> {
    let missing = |what: &str, option: &str| {
        Advice::failed(
            format!("the new delegation to {} needs {what}", new.name),
            format!("give {option}"),
        )
    };
    let keyids: Vec<KeyId> = match (new.keys, before) {
        ([], Some(before)) => before.keys.keyids.clone(),
        ([], None) => return Err(missing("keys", "--key AGENT:KEY...")),
        (keys, _) => keys.iter().map(|key| key.keyid.clone()).collect(),
    };
    let threshold = new.threshold.or(before.map(|role| role.keys.threshold));
    let scope = new.scope.clone().or(before.map(|role| role.scope.clone()));
    let role = DelegatedRole {
        name: new.name.clone(),
        keys: role_keys(keyids, threshold.unwrap_or(1), new.name.as_str())?,
        terminating: new
            .terminating
            .or(before.map(|role| role.terminating))
            .unwrap_or(false),
        scope: scope
            .ok_or_else(|| missing("paths", "--path PATTERN... or --hash-prefix HEX..."))?,
    };
    Ok(role)
}

/// Keys that can reach their threshold, each once.
fn role_keys(keyids: Vec<KeyId>, threshold: u32, name: &str) -> Result<RoleKeys, Advice> {
    let mut once = Vec::new();
    for keyid in keyids {
        if once.contains(&keyid) {
            return Err(Advice::failed(
                format!("{name} would have key {keyid} twice: a key counts once"),
                "name it once",
            ));
        }
        once.push(keyid);
    }
    if threshold == 0 || threshold as usize > once.len() {
        return Err(Advice::failed(
            format!("{name} would need {threshold} of {} keys", once.len()),
            "choose a threshold from 1 to the number of keys",
        ));
    }
    Ok(RoleKeys {
        keyids: once,
        threshold,
    })
}

/// Lists the keys that the delegator does not list yet.
pub(super) fn add_keys(
    draft: &mut Draft<Targets>,
    delegations: Option<&Delegations>,
    keys: &[KeySettings],
    known: &BTreeMap<KeyId, Key>,
) -> Result<(), Advice> {
    for key in keys {
        let listed = delegations.is_some_and(|listed| listed.keys.contains_key(&key.keyid));
        if listed {
            continue;
        }
        let new = known.get(&key.keyid).ok_or_else(|| {
            Advice::failed(
                format!("no agent lists the new key {} ({})", key.keyid, key.owner()),
                "start that agent, and compare with `privyseal key list --wide`",
            )
        })?;
        draft.add_delegation_key(new);
    }
    Ok(())
}

/// The text of the settings with this delegation.
fn settings(project: &Project, new: &NewDelegation<'_>) -> anyhow::Result<String> {
    let present = project.settings().delegated.get(new.name).cloned();
    let mut settings = present.unwrap_or_else(|| DelegatedSettings {
        by: Vec::new(),
        expires: project.settings().roles.targets.expires,
        keys: Vec::new(),
    });
    if !settings.by.contains(new.by) {
        settings.by.push(new.by.clone());
    }
    settings.expires = new.expires.unwrap_or(settings.expires);
    if !new.keys.is_empty() {
        settings.keys = new.keys.to_vec();
    }
    Ok(project
        .with_delegated(new.name.as_str(), Some(&settings))?
        .1)
}

/// The first metadata of a role that has none: without it clients could not follow the delegation.
fn start(project: &Project, work: &Work, new: &NewDelegation<'_>) -> anyhow::Result<()> {
    let role = Role::from(new.name.clone());
    if work.current(&role)?.is_some() {
        return Ok(());
    }
    let period = new
        .expires
        .unwrap_or(project.settings().roles.targets.expires);
    let first = Draft::targets(1, &work.expires_in(period)?).finish()?;
    project.drafts().write(&role, &first)
}
