use privyseal_tuf::{
    DelegatedRole, DelegatedRoles, Delegations, HashPrefix, PathPattern, Role, RoleName, Scope,
};

use super::{NewDelegation, delegations};
use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// The longest file name of every file system that matters, without a version and `.json`.
const LONGEST_STEM: usize = 220;

/// Refuses names that make no file name that clients and web servers agree on. Clients encode them
/// in URLs, and servers decode those: a file of either name is missed by somebody.
pub(super) fn name(name: &RoleName) -> Result<(), Advice> {
    let stem = name.file_stem();
    if stem != name.as_str() {
        return Err(Advice::failed(
            format!(
                "the role name {name} has other characters than letters, digits, -, _, . and ~: web servers would not find its metadata"
            ),
            "choose one without them",
        ));
    }
    if stem.len() > LONGEST_STEM {
        return Err(Advice::failed(
            format!("the role name {name} is too long for a file name"),
            "choose a shorter one",
        ));
    }
    Ok(())
}

/// Refuses delegations that lead back to where they begin.
pub(super) fn ends(project: &Project, new: &NewDelegation<'_>) -> Result<(), Advice> {
    let (name, by) = (new.name, new.by);
    let mut above = vec![by.clone()];
    while let Some(role) = above.pop() {
        if role.delegated() == Some(name) {
            return Err(Advice::failed(
                format!("{name} would be delegated to, in the end, by itself"),
                "delegate from a role that is not below it: `privyseal repo roles` shows the tree",
            ));
        }
        let name: Option<&RoleName> = role.delegated();
        above.extend(
            name.into_iter()
                .flat_map(|name| project.settings().delegators(name).to_vec()),
        );
    }
    Ok(())
}

/// Refuses to list a role beside succinct bins: metadata has one form or the other.
pub(super) fn is_listed(delegations: &Delegations, by: &Role) -> Result<(), Advice> {
    match &delegations.roles {
        DelegatedRoles::Listed(_) => Ok(()),
        DelegatedRoles::Succinct(succinct) => Err(Advice::failed(
            format!(
                "{by} delegates to {} succinct bins ({}-*), and can delegate to nobody else",
                succinct.bins(),
                succinct.name_prefix()
            ),
            "delegate from another role, or make the bins anew with `privyseal repo bins COUNT --listed`",
        )),
    }
}

/// Refuses paths that no client would ever ask for, and notes what else a person should know.
pub(super) fn scope(
    work: &Work,
    by: &Role,
    role: &DelegatedRole,
    others: Option<&Delegations>,
) -> anyhow::Result<Vec<String>> {
    if let Scope::Paths(patterns) = &role.scope {
        well_formed(patterns)?;
    }
    within_delegator(work, by, role)?;
    Ok(others.map_or_else(Vec::new, |others| overlaps(role, others)))
}

fn well_formed(patterns: &[PathPattern]) -> Result<(), Advice> {
    for (at, pattern) in patterns.iter().enumerate() {
        if let Some(problem) = pattern.problem() {
            return Err(Advice::failed(
                format!("the path pattern {:?} {problem}", pattern.as_str()),
                "write it as target paths are written, such as app/*.tar.gz",
            ));
        }
        if patterns.iter().take(at).any(|other| other == pattern) {
            return Err(Advice::failed(
                format!("the path pattern {pattern} is given twice"),
                "give it once",
            ));
        }
    }
    Ok(())
}

/// A path that the delegator itself is not trusted with is never looked for below it.
fn within_delegator(work: &Work, by: &Role, role: &DelegatedRole) -> anyhow::Result<()> {
    let (Some(name), Scope::Paths(patterns)) = (by.delegated(), &role.scope) else {
        return Ok(());
    };
    for above in work.delegators_of(name) {
        let above = delegations(work, &above)?;
        let Some(Scope::Paths(allowed)) = above.and_then(|above| Some(above.role(name)?.scope))
        else {
            return Ok(());
        };
        let meets = |pattern: &&PathPattern| allowed.iter().any(|other| other.overlaps(pattern));
        if patterns.iter().all(|pattern| meets(&pattern)) {
            return Ok(());
        }
    }
    Err(Advice::failed(
        format!(
            "{by} is not trusted with all of these paths, so clients would never ask {} for them",
            role.name
        ),
        "`privyseal repo roles` shows the paths of each role; widen those of the delegator first",
    )
    .into())
}

fn overlaps(role: &DelegatedRole, others: &Delegations) -> Vec<String> {
    let DelegatedRoles::Listed(listed) = &others.roles else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    for other in listed.iter().filter(|other| other.name != role.name) {
        if let Some((ours, theirs)) = meeting(&role.scope, &other.scope) {
            notes.push(format!(
                "{ours} overlaps with {theirs} of {}: of two roles that list a path, the first in `privyseal repo roles` counts",
                other.name
            ));
        }
    }
    notes
}

fn meeting(ours: &Scope, theirs: &Scope) -> Option<(String, String)> {
    match (ours, theirs) {
        (Scope::Paths(ours), Scope::Paths(theirs)) => ours.iter().find_map(|pattern| {
            let other = theirs.iter().find(|other| other.overlaps(pattern))?;
            Some((pattern.to_string(), other.to_string()))
        }),
        (Scope::HashPrefixes(ours), Scope::HashPrefixes(theirs)) => {
            ours.iter().find_map(|prefix| {
                let meets = |other: &&HashPrefix| {
                    let (a, b) = (prefix.as_str(), other.as_str());
                    a.starts_with(b) || b.starts_with(a)
                };
                let other = theirs.iter().find(meets)?;
                Some((format!("the hash prefix {prefix}"), other.to_string()))
            })
        }
        _ => None,
    }
}

/// What a person should know of all delegations of a role: bins that leave hashes to nobody.
pub fn notes(delegations: &Delegations) -> Vec<String> {
    let DelegatedRoles::Listed(listed) = &delegations.roles else {
        return Vec::new();
    };
    let prefixes = listed.iter().filter_map(|role| match &role.scope {
        Scope::HashPrefixes(prefixes) => Some(prefixes),
        Scope::Paths(_) | Scope::Prefixes(_) => None,
    });
    let prefixes: Vec<&str> = prefixes.flatten().map(HashPrefix::as_str).collect();
    if prefixes.is_empty() {
        return Vec::new();
    }
    match first_gap(&prefixes) {
        Some(gap) => vec![format!(
            "the hash prefixes do not cover everything: paths whose SHA-256 begins with {gap} are in no bin"
        )],
        None => Vec::new(),
    }
}

/// Digits of a hash that are looked at; more than any bins have.
const DIGITS: usize = 30;

/// The beginning of the first hashes that none of the prefixes covers.
pub(super) fn first_gap(prefixes: &[&str]) -> Option<String> {
    // Each prefix covers the numbers of DIGITS digits that begin with it.
    let range = |prefix: &str| {
        let digits: String = prefix.chars().take(DIGITS).collect();
        let size = 1_u128 << (4 * (DIGITS - digits.len()));
        let first = u128::from_str_radix(&digits, 16).ok()? * size;
        Some((first, first + size, digits.len()))
    };
    let mut ranges: Vec<_> = prefixes.iter().filter_map(|prefix| range(prefix)).collect();
    ranges.sort_unstable();
    let (mut next, mut length) = (0, 1);
    for (first, end, digits) in ranges {
        if first > next {
            break;
        }
        if end > next {
            (next, length) = (end, digits);
        }
    }
    let all = 1_u128 << (4 * DIGITS);
    (next < all).then(|| {
        let digits = format!("{next:0DIGITS$x}");
        digits.chars().take(length).collect()
    })
}
