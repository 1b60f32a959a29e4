use std::collections::BTreeMap;

use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, Document, Draft, Key, KeyId, Role, RoleName, Scope,
    SuccinctRoles, Target, TargetPath, Targets,
};

use super::{add_keys, check, delegations, role_keys};
use crate::failure::Advice;
use crate::repo::edit::edit_targets;
use crate::repo::project::Project;
use crate::repo::settings::{DelegatedSettings, KeySettings, Period, bins};
use crate::repo::work::Work;
use crate::show::Progress;

/// Hashed bins that are to be made, or made anew.
#[derive(Debug)]
pub struct BinsChange<'a> {
    /// Bits of a path's hash that choose its bin: 1 to 16.
    pub bit_length: u32,
    /// What every bin's name begins with.
    pub prefix: &'a RoleName,
    /// Who delegates to them.
    pub by: &'a Role,
    /// The keys of all bins.
    pub keys: &'a [KeySettings],
    /// How many must sign.
    pub threshold: u32,
    /// One delegation for each bin, which every client reads, instead of TAP 15's short form.
    pub listed: bool,
    /// How long a version of a bin is valid.
    pub expires: Period,
    /// Keys by keyid: for those that the delegator does not list.
    pub known: &'a BTreeMap<KeyId, Key>,
}

/// Delegates to hashed bins, and puts every target of the delegator, and of the bins that it had,
/// into its bin. Returns how many targets there are.
pub fn place_bins(
    project: &Project,
    work: &Work,
    change: &BinsChange<'_>,
) -> anyhow::Result<usize> {
    check::name(change.prefix)?;
    let keyids = change.keys.iter().map(|key| key.keyid.clone()).collect();
    let keys = role_keys(keyids, change.threshold, change.prefix.as_str())?;
    let succinct = SuccinctRoles::new(keys, change.bit_length, change.prefix.clone());
    let succinct = succinct.ok_or_else(|| {
        Advice::failed(
            "the name of the bins is too long",
            "choose a shorter --prefix",
        )
    })?;
    let present = delegations(work, change.by)?;
    if let Some(present) = &present {
        refuse_others(present, change)?;
    }
    let mut filled = sorted(work, change, present.as_ref(), &succinct)?;
    let targets = filled.values().map(BTreeMap::len).sum();
    let mut delegator = edit_targets(work, change.by)?;
    let moved = filled.values().flat_map(BTreeMap::keys).cloned().collect();
    delegator.remove_targets(&moved);
    drop(moved);
    delegator.remove_delegations();
    add_keys(
        &mut delegator,
        None,
        change.keys,
        &known(change, present.as_ref()),
    )?;
    if change.listed {
        let roles: Vec<DelegatedRole> = succinct
            .names()
            .filter_map(|name| succinct.role(&name))
            .collect();
        delegator.set_delegations(&roles);
    } else {
        delegator.set_succinct_roles(&succinct);
    }
    let settings = DelegatedSettings {
        by: vec![change.by.clone()],
        expires: change.expires,
        keys: change.keys.to_vec(),
    };
    let name = bins(change.prefix.as_str());
    let (_, text) = project.with_delegated(&name, Some(&settings))?;
    let document = delegator.finish()?;
    let progress = Progress::of_count(succinct.bins(), "making bins");
    let mut drafts = Vec::new();
    for name in succinct.names() {
        let targets = filled.remove(&name).unwrap_or_default();
        let role = Role::from(name);
        drafts.push((bin(work, &role, change.expires, &targets)?, role));
        progress.advance(1);
    }
    let written: Vec<(&Role, &Document)> = drafts.iter().map(|(bin, role)| (role, bin)).collect();
    project.drafts().write_all(&written)?;
    project.drafts().write(change.by, &document)?;
    project.write_settings(&text)?;
    Ok(targets)
}

type Filled = BTreeMap<RoleName, BTreeMap<TargetPath, Target>>;

/// The targets of the delegator and of the bins that it had, by their new bins.
fn sorted(
    work: &Work,
    change: &BinsChange<'_>,
    present: Option<&Delegations>,
    succinct: &SuccinctRoles,
) -> anyhow::Result<Filled> {
    let mut filled = Filled::new();
    let mut put = |document: Option<&Document>| {
        for (path, target) in document
            .map(Document::targets)
            .transpose()?
            .into_iter()
            .flat_map(|view| view.targets)
        {
            let bin = filled.entry(succinct.name_of(&path)).or_default();
            bin.entry(path).or_insert(target);
        }
        anyhow::Ok(())
    };
    put(work.current(change.by)?.as_deref())?;
    for name in present.into_iter().flat_map(Delegations::names) {
        put(work.current(&name.into())?.as_deref())?;
    }
    Ok(filled)
}

/// Bins take the place of bins, not of roles that somebody else signs for.
fn refuse_others(present: &Delegations, change: &BinsChange<'_>) -> Result<(), Advice> {
    let DelegatedRoles::Listed(roles) = &present.roles else {
        return Ok(());
    };
    let other = roles
        .iter()
        .find(|role| matches!(role.scope, Scope::Paths(_)));
    match other {
        Some(other) => Err(Advice::failed(
            format!(
                "{} delegates to {} already, which is no bin",
                change.by, other.name
            ),
            "make a role for the bins (`privyseal repo delegate NAME --path ...`) and give it with --by",
        )),
        None => Ok(()),
    }
}

/// The keys that agents list, and those that the delegator has.
fn known(change: &BinsChange<'_>, present: Option<&Delegations>) -> BTreeMap<KeyId, Key> {
    let mut known = change.known.clone();
    known.extend(present.into_iter().flat_map(|present| present.keys.clone()));
    known
}

/// The next version of a bin, with these targets and no others.
fn bin(
    work: &Work,
    role: &Role,
    expires: Period,
    targets: &BTreeMap<TargetPath, Target>,
) -> anyhow::Result<Document> {
    let mut draft = Draft::<Targets>::targets(work.next_version(role), &work.expires_in(expires)?);
    draft.set_targets(targets);
    Ok(draft.finish()?)
}
