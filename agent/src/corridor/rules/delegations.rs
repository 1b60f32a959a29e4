//! What targets metadata may newly say of delegations. What its last finished version said already
//! is left alone: a repository that was made elsewhere may have its oddities.

use std::collections::HashSet;

use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, Dialect, PathPattern, RoleKeys, RoleName, Scope,
    SuccinctRoles, Targets,
};

use crate::{
    corridor::checked::introduces,
    denial::{Denial, Reason},
    memory::{Known, KnownDelegations, is_one_step_below, is_plain},
};

/// Patterns with wildcards that one delegation may have: each path is held against each of them.
const MAX_PATTERNS: usize = 1_000;

/// How many patterns a path is held against one by one.
fn patterns(scope: &Scope) -> usize {
    match scope {
        Scope::Paths(patterns) => patterns.iter().filter(|pattern| !is_plain(pattern)).count(),
        Scope::Prefixes(prefixes) => prefixes.len(),
        Scope::HashPrefixes(_) => 0,
    }
}

/// Could later documents be held against these delegations in reasonable time?
pub(super) fn can_be_looked_through(targets: &Targets) -> Result<(), Denial> {
    let roles = targets.delegations.as_ref().map(|all| &all.roles);
    let Some(DelegatedRoles::Listed(roles)) = roles else {
        return Ok(());
    };
    for role in roles {
        let count = patterns(&role.scope);
        if count > MAX_PATTERNS {
            let name = role.name.as_str().escape_debug();
            let message = format!(
                "the delegation to {name} has {count} patterns with wildcards, or beginnings; the \
                 most is {MAX_PATTERNS}"
            );
            return Err(Denial::new(Reason::DelegationsTooLarge, message));
        }
    }
    Ok(())
}

/// Is everything that is new a thing that a writer should write?
pub(super) fn are_sound(known: &Known, targets: &Targets) -> Result<(), Denial> {
    let Some(now) = &targets.delegations else {
        return Ok(());
    };
    let nothing = KnownDelegations::default();
    let before = known.history().delegations();
    let before = before.map_or(&nothing, AsRef::as_ref);
    let keys_before = before.view().map(|view| &view.keys);
    for (keyid, key) in &now.keys {
        if keys_before.and_then(|keys| keys.get(keyid)) != Some(key) {
            introduces(keyid.as_str(), key)?;
        }
    }
    let mut above: HashSet<&RoleName> = known.ancestry.above().collect();
    above.extend(known.role.delegated());
    match &now.roles {
        DelegatedRoles::Listed(roles) => roles.iter().try_for_each(|role| {
            let before = before.role(&role.name);
            if before.is_none() && above.contains(&role.name) {
                return Err(cycle(&role.name, known));
            }
            let before = before.as_deref();
            is_reachable(&role.name, &role.keys, before.map(|role| &role.keys), now)?;
            patterns_are_sound(role, before)
        }),
        DelegatedRoles::Succinct(bins) => {
            let before = match before.view().map(|view| &view.roles) {
                Some(DelegatedRoles::Succinct(before)) => Some(before),
                _ => None,
            };
            let same = before.is_some_and(|before| same_bins(before, bins));
            let turns = above.into_iter().find(|name| bins.role(name).is_some());
            if let Some(name) = turns.filter(|_| !same) {
                return Err(cycle(name, known));
            }
            let keys_before = before.map(SuccinctRoles::keys);
            is_reachable(bins.name_prefix(), bins.keys(), keys_before, now)
        }
    }
}

/// In notary's dialect a role's name says who delegates to it. What is anywhere else makes the
/// whole document invalid for every client, and would let one signer decide about another.
pub(super) fn are_one_step_below(known: &Known, targets: &Targets) -> Result<(), Denial> {
    let delegations = match &targets.delegations {
        Some(delegations) if targets.header.dialect == Dialect::Notary => delegations,
        _ => return Ok(()),
    };
    let role = known.role.as_str();
    let mut names = delegations.names();
    match names.find(|name| !is_one_step_below(role, name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "{} would delegate to {}, which is not one step below it",
                role.escape_debug(),
                name.as_str().escape_debug()
            );
            Err(Denial::new(Reason::DelegationNotBelow, message))
        }
    }
}

fn same_bins(a: &SuccinctRoles, b: &SuccinctRoles) -> bool {
    a.name_prefix() == b.name_prefix() && a.bit_length() == b.bit_length()
}

fn cycle(name: &RoleName, known: &Known) -> Denial {
    let name = name.as_str().escape_debug();
    let message = if known.role.as_str() == name.to_string() {
        format!("{name} would delegate to itself")
    } else {
        format!("it would delegate to {name}, which leads to the role itself")
    };
    Denial::new(Reason::DelegationCycle, message)
}

fn is_reachable(
    name: &RoleName,
    keys: &RoleKeys,
    before: Option<&RoleKeys>,
    delegations: &Delegations,
) -> Result<(), Denial> {
    if before == Some(keys) || keys.reachable(&delegations.keys) {
        return Ok(());
    }
    let message = format!(
        "{} would need {} signatures but has {} different keys",
        name.as_str().escape_debug(),
        keys.threshold,
        keys.distinct_keys(&delegations.keys)
    );
    Err(Denial::new(Reason::ThresholdInvalid, message))
}

fn patterns_are_sound(role: &DelegatedRole, before: Option<&DelegatedRole>) -> Result<(), Denial> {
    let Scope::Paths(patterns) = &role.scope else {
        return Ok(());
    };
    let problems = patterns.iter().filter_map(|p| Some((p, p.problem()?)));
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() {
        return Ok(());
    }
    let before: HashSet<&PathPattern> = match before.map(|before| &before.scope) {
        Some(Scope::Paths(patterns)) => patterns.iter().collect(),
        _ => HashSet::new(),
    };
    match problems
        .iter()
        .find(|(pattern, _)| !before.contains(pattern))
    {
        None => Ok(()),
        Some((pattern, problem)) => {
            let message = format!(
                "the delegation to {}: the pattern \"{}\" {problem}",
                role.name.as_str().escape_debug(),
                pattern.as_str().escape_debug()
            );
            Err(Denial::new(Reason::TargetPathInvalid, message))
        }
    }
}
