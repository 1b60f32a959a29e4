//! What a snapshot may list: no less than before, no more than there is, and all that belongs to it.

use privyseal_tuf::{MetaFile, Role, RoleType, Sha256Digest, Snapshot};

use super::RISE;
use crate::{
    denial::{Denial, Reason},
    memory::{Delegated, Known, KnownDelegations, LineageState, RoleHistory},
};

/// No entry is missing that was there, and none is lower.
pub(super) fn keeps(state: &LineageState, snapshot: &Snapshot) -> Result<(), Denial> {
    for (name, before) in state.snapshot_entries.iter() {
        let shown = name.escape_debug();
        match snapshot.meta.get(name) {
            None => {
                let message = format!("{shown} was listed with version {before} and is missing");
                return Err(Denial::new(Reason::SnapshotDropped, message));
            }
            Some(meta) if meta.version < *before => {
                let message = format!(
                    "{shown} had version {before} and would have {}",
                    meta.version
                );
                return Err(Denial::new(Reason::SnapshotLowered, message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Nothing is listed that the agent has reason to doubt, and nothing left out that clients need.
pub(super) fn is_borne_out(known: &Known, snapshot: &Snapshot) -> Result<(), Denial> {
    let delegated = known.delegated();
    for (name, meta) in &snapshot.meta {
        let before = known.state.snapshot_entries.get(name).copied();
        let history = history(name, &known.state, &delegated);
        is_reached(name, meta, before.unwrap_or(0), history)?;
        if let Some(history) = history {
            is_the_file(name, meta, history)?;
            // As it stood before, clients have lived with it.
            if before != Some(meta.version) {
                has_all(snapshot, name, meta, history)?;
            }
        }
    }
    Ok(())
}

/// What is known of the role of an entry; `None` for what is not targets metadata.
fn history<'a>(
    name: &str,
    state: &'a LineageState,
    delegated: &'a Delegated,
) -> Option<&'a RoleHistory> {
    match name.strip_suffix(".json")?.parse().ok()? {
        Role::Top(RoleType::Targets) => Some(state.history(RoleType::Targets)),
        Role::Top(_) => None,
        Role::Delegated(name) => delegated.history(&name).map(AsRef::as_ref),
    }
}

/// No entry names a version that no document may ever reach.
fn is_reached(
    name: &str,
    meta: &MetaFile,
    before: u64,
    history: Option<&RoleHistory>,
) -> Result<(), Denial> {
    let ahead = |message| Err(Denial::new(Reason::SnapshotAhead, message));
    let (shown, version) = (name.escape_debug(), meta.version);
    match history {
        Some(history) => {
            let known = history.version();
            if version > known.max(before) {
                return ahead(format!(
                    "it lists {shown} {version}, but the agent knows it up to {known}"
                ));
            }
        }
        None => {
            if version > before.saturating_add(RISE) {
                return ahead(format!(
                    "{shown} had version {before} and would have {version}, more than {RISE} above"
                ));
            }
        }
    }
    Ok(())
}

/// The entry's length and SHA-256 are those of the file that was shown, where one was.
fn is_the_file(name: &str, meta: &MetaFile, history: &RoleHistory) -> Result<(), Denial> {
    let files = history.of_version(meta.version).map(|last| &last.files);
    let Some(files) = files.filter(|files| !files.is_empty()) else {
        return Ok(());
    };
    if files.iter().any(|file| names_file(meta, file)) {
        return Ok(());
    }
    let message = format!(
        "its length or SHA-256 of {} {} is not that of the file that was shown",
        name.escape_debug(),
        meta.version
    );
    Err(Denial::new(Reason::SnapshotContradicts, message))
}

/// Are length and SHA-256, as far as they are given, those of this file?
pub(super) fn names_file(meta: &MetaFile, (length, sha256): &(u64, Sha256Digest)) -> bool {
    let hashes = meta.hashes.as_ref();
    let listed = hashes.and_then(privyseal_tuf::Hashes::sha256);
    meta.length.is_none_or(|listed| listed == *length)
        && listed.is_none_or(|listed| listed == *sha256)
}

/// Every role that the listed document delegates to is listed too, as far as the agent knows it.
fn has_all(
    snapshot: &Snapshot,
    name: &str,
    meta: &MetaFile,
    history: &RoleHistory,
) -> Result<(), Denial> {
    let version = history.of_version(meta.version);
    let delegations = version.and_then(|version| version.delegations.as_ref());
    let Some(delegations) = delegations.and_then(|known| KnownDelegations::view(known)) else {
        return Ok(());
    };
    // Where many are missing, the first one is found soon: among as many names as there are
    // entries, and one more.
    let mut names = delegations.names();
    let listed = |role: &Role| snapshot.meta.contains_key(&role.meta_name());
    match names.find(|role| !listed(&role.clone().into())) {
        None => Ok(()),
        Some(role) => {
            let message = format!(
                "{} {} delegates to {}, of which it lists nothing",
                name.escape_debug(),
                meta.version,
                role.as_str().escape_debug()
            );
            Err(Denial::new(Reason::SnapshotIncomplete, message))
        }
    }
}
