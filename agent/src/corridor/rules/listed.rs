//! What a snapshot of notary's dialect may list. Its entries are files without versions, so the
//! agent must have been shown each of them.

use std::collections::BTreeMap;

use privyseal_tuf::{Role, RoleName, notary};

use super::Named;
use crate::{
    denial::{Denial, Reason},
    memory::{Ancestry, Delegated, Known},
};

/// No entry is missing that was there, and none is lower, as far as its file is known.
///
/// A role that nobody whom it lists delegates to any more may go: notary's own clients drop it. Its
/// versions stay in the memory, so that it can't come back lower. One that never had a document is listed by
/// nobody, so what is delegated to need not be there.
pub(super) fn keeps(known: &Known, snapshot: &notary::Snapshot) -> Result<(), Denial> {
    let listed = known.listed(snapshot).into_iter();
    let listed: BTreeMap<_, _> = listed
        .map(|entry| (entry.role.meta_name(), entry.version))
        .collect();
    let delegated = known.delegated();
    for (name, before) in known.state.snapshot_entries.iter() {
        let shown = name.escape_debug();
        match listed.get(name) {
            None if is_delegated(known, &delegated, &listed, name) => {
                let message = format!("{shown} was listed with version {before} and is missing");
                return Err(Denial::new(Reason::SnapshotDropped, message));
            }
            Some(Some(version)) if version < before => {
                let message = format!("{shown} had version {before} and would have {version}");
                return Err(Denial::new(Reason::SnapshotLowered, message));
            }
            None | Some(_) => {}
        }
    }
    Ok(())
}

/// Every file is known. One that was published elsewhere may list more: what is left of a role that
/// nobody delegates to any more, or a document that the agent is yet to be shown.
pub(super) fn is_known(known: &Known, snapshot: &notary::Snapshot) -> Result<(), Denial> {
    let listed = known.listed(snapshot);
    match listed.iter().find(|entry| entry.version.is_none()) {
        None => is_comparable(snapshot),
        Some(unknown) => {
            let message = format!(
                "it lists {} with {} bytes and SHA-256 {}, which is no finished document that this \
                 agent was shown and still knows",
                Named(&unknown.role),
                unknown.file.length,
                unknown.file.sha256
            );
            Err(Denial::new(Reason::SnapshotFileUnknown, message))
        }
    }
}

/// Do delegations lead to the role of an entry, from the top-level targets on? What counts is what
/// the documents say that are listed; of one that is not known, what its last one says.
fn is_delegated(
    known: &Known,
    delegated: &Delegated,
    listed: &BTreeMap<String, Option<u64>>,
    entry: &str,
) -> bool {
    let name = entry.strip_suffix(".json");
    let name: Option<RoleName> = name.and_then(|name| name.parse().ok());
    let Some(name) = name else {
        return false;
    };
    let above = name.as_str().rsplit_once('/').map(|(above, _)| above);
    let Some(above) = above.and_then(|above| above.parse::<Role>().ok()) else {
        return false;
    };
    let above_entry = above.meta_name();
    let history = match &above {
        Role::Top(role) => Some(known.state.history(*role)),
        Role::Delegated(name) => delegated.history(name).map(AsRef::as_ref),
    };
    // Clients come by no document that is not listed.
    let Some(version) = listed.get(&above_entry).copied() else {
        return false;
    };
    let said = version.and_then(|version| history?.of_version(version)?.delegations.as_ref());
    let by_above = match said {
        Some(said) => said.role(&name).is_some(),
        // A document that stays as it was still says what it said.
        None if version.is_some()
            && version.as_ref() == known.state.snapshot_entries.get(&above_entry) =>
        {
            true
        }
        None => {
            let ancestry = Ancestry::of(delegated, &name);
            ancestry.to(&name).any(|edge| edge.connected)
        }
    };
    by_above && (above.top().is_some() || is_delegated(known, delegated, listed, &above_entry))
}

/// It says no more of a file than the agent can compare.
fn is_comparable(snapshot: &notary::Snapshot) -> Result<(), Denial> {
    let top = [("root", &snapshot.root), ("targets", &snapshot.targets)];
    let others = snapshot.delegations.iter();
    let others = others.map(|(name, file)| (name.as_str(), file));
    match top
        .into_iter()
        .chain(others)
        .find(|(_, file)| file.sha512.is_some())
    {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!(
                "it gives the SHA-512 of {name}, which this agent can't compare: SHA-256 suffices"
            );
            Err(Denial::new(Reason::SnapshotContradicts, message))
        }
    }
}
