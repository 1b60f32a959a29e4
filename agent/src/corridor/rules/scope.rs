//! Who may sign for a delegated role, and for which paths: what its delegators say.

use privyseal_tuf::{Key, KeyId, PublicKey, RoleName, Targets};

use crate::{
    denial::{Denial, Reason},
    memory::{Edge, Known, MAX_EDGES},
};

/// Does finished targets metadata that the agent knows delegate to the role, by a way that begins
/// at the top-level targets? Nothing is asked of the four roles.
pub(in crate::corridor) fn is_delegated_to(known: &Known) -> Result<(), Denial> {
    let Some(name) = known.role.delegated() else {
        return Ok(());
    };
    let shown = name.as_str().escape_debug();
    if known.ancestry.is_cut() {
        let message = format!("more than {MAX_EDGES} delegations lead to {shown}");
        return Err(Denial::new(Reason::DelegationsTooLarge, message));
    }
    let mut edges = known.ancestry.to(name).peekable();
    let message = if edges.peek().is_none() {
        format!("no finished targets metadata that this agent knows delegates to {shown}")
    } else if edges.all(|edge| !edge.connected) {
        format!(
            "no delegations that this agent knows lead from the top-level targets to {shown}: \
             those who delegate to it are not delegated to themselves"
        )
    } else {
        return Ok(());
    };
    Err(Denial::new(Reason::UnknownRole, message))
}

/// The keyid under which a delegator lists the key.
pub(super) fn key_in_delegation(
    known: &Known,
    name: &RoleName,
    key: &PublicKey,
) -> Result<KeyId, Denial> {
    let mut edges = known.ancestry.to(name).filter(|edge| edge.connected);
    let found = edges.find_map(|edge| Some(entry(edge, key)?.0.clone()));
    found.ok_or_else(|| {
        let shown = name.as_str().escape_debug();
        let message = format!("no delegation to {shown} that this agent knows lists the key");
        Denial::new(Reason::KeyNotInRole, message)
    })
}

fn entry<'a>(edge: &'a Edge, key: &PublicKey) -> Option<(&'a KeyId, &'a Key)> {
    edge.keys().find(|(_, listed)| listed.public() == Ok(key))
}

/// Does a delegation that lists the key cover every target, and every delegation above it too? A
/// client passes by what is not covered all the way.
pub(super) fn covers(
    known: &Known,
    name: &RoleName,
    targets: &Targets,
    key: &PublicKey,
) -> Result<(), Denial> {
    let by_key = |edge: &Edge| entry(edge, key).is_some();
    let coverage = known.ancestry.coverage(name, by_key);
    match targets.targets.keys().find(|path| !coverage.covers(path)) {
        None => Ok(()),
        Some(path) => {
            let message = format!(
                "{} is not trusted with {}: no delegation to this key covers it, all the way from \
                 the top-level targets",
                name.as_str().escape_debug(),
                path.as_str().escape_debug()
            );
            Err(Denial::new(Reason::TargetOutsideDelegation, message))
        }
    }
}
