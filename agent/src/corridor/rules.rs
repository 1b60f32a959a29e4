//! What a document must agree with: the versions, keys and entries of its lineage.

use privyseal_tuf::{KeyId, PublicKey, RoleType, Root, Sha256Digest, Snapshot, Timestamp, View};

use super::checked::{Content, introduces};
use crate::{
    denial::{Denial, Reason},
    memory::{LineageState, RoleHistory, RootFacts, VersionState},
};

/// Is the version the next one, or the last one with the same content? True for the latter.
pub(super) fn version(history: &RoleHistory, document: &Content) -> Result<bool, Denial> {
    let role = document.view.role();
    let (version, last) = (document.version, history.version());
    let next = last.saturating_add(1);
    if version < last {
        let message =
            format!("{role} version {version} is below {last}, the last one; the next is {next}");
        return Err(Denial::new(Reason::VersionRollback, message));
    }
    if version > next {
        let message =
            format!("{role} version {version} skips; the last one is {last}, the next {next}");
        return Err(Denial::new(Reason::VersionSkipped, message));
    }
    let Some(remembered) = history.last.as_ref() else {
        return Ok(false);
    };
    if version == next {
        if role == RoleType::Root && remembered.state != VersionState::Final {
            let message = format!(
                "root version {last} is not complete yet, so version {version} can't follow it"
            );
            return Err(Denial::new(Reason::RootNotFinal, message));
        }
        return Ok(false);
    }
    if remembered.digest == document.digest && !remembered.contradicted {
        return Ok(true);
    }
    if remembered.contradicted {
        let message = format!(
            "this agent signed other content as {role} version {version} than was completed elsewhere"
        );
        return Err(Denial::new(Reason::VersionReused, message));
    }
    let message = format!(
        "{role} version {version} was signed with other content: {} then, {} now",
        remembered.digest, document.digest
    );
    Err(Denial::new(Reason::VersionReused, message))
}

/// The keyid under which the role lists this key.
///
/// A root is signed by keys of the root before it or of its own.
pub(super) fn key_in_role(
    state: &LineageState,
    document: &Content,
    key: &PublicKey,
) -> Result<KeyId, Denial> {
    let role = document.view.role();
    let offered = match &document.view {
        View::Root(root) => Some(RootFacts::of(root)),
        _ => None,
    };
    let before = match role {
        RoleType::Root => state.root_before(document.version),
        _ => state.trusted_root.as_deref(),
    };
    let roots = [offered.as_ref(), before];
    let found = roots
        .into_iter()
        .flatten()
        .find_map(|root| keyid_of(root, role, key));
    if let Some(keyid) = found {
        return Ok(keyid);
    }
    if role != RoleType::Root && state.trusted_root.is_none() {
        let message = format!("the lineage has no complete root yet, so nobody may sign {role}");
        return Err(Denial::new(Reason::RootNotFinal, message));
    }
    let message = match role {
        RoleType::Root => {
            "the key is in the root role of neither this root nor the one before".to_owned()
        }
        _ => format!("the root does not list the key for {role}"),
    };
    Err(Denial::new(Reason::KeyNotInRole, message))
}

fn keyid_of(root: &RootFacts, role: RoleType, key: &PublicKey) -> Option<KeyId> {
    let keyids = &root.roles.get(role).keyids;
    let is_it = |keyid: &&KeyId| root.keys.get(*keyid).is_some_and(|k| k.public() == Ok(key));
    keyids.iter().find(is_it).cloned()
}

/// Does the content agree with what was signed before?
pub(super) fn content(state: &LineageState, document: &Content) -> Result<(), Denial> {
    match &document.view {
        View::Root(root) => root_follows(state.root_before(document.version), root),
        View::Targets(_) => Ok(()),
        View::Snapshot(snapshot) => snapshot_keeps(state, snapshot),
        View::Timestamp(timestamp) => timestamp_agrees(state, timestamp),
    }
}

fn root_follows(before: Option<&RootFacts>, root: &Root) -> Result<(), Denial> {
    for (keyid, key) in &root.keys {
        // A keyid that the world wrote before us is kept; a new one is written as it should be.
        if !before.is_some_and(|before| before.keys.get(keyid) == Some(key)) {
            introduces(keyid.as_str(), key)?;
        }
    }
    let consistent = root.consistent_snapshot.unwrap_or(false);
    match before {
        Some(before) if before.consistent_snapshot != consistent => {
            let message = format!("consistent_snapshot changes to {consistent}");
            Err(Denial::new(Reason::ConsistentSnapshotChanged, message))
        }
        _ => Ok(()),
    }
}

fn snapshot_keeps(state: &LineageState, snapshot: &Snapshot) -> Result<(), Denial> {
    for (name, before) in &state.snapshot_entries {
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

/// The farthest that an entry of a snapshot may rise at a time, where the agent can't know better.
const RISE: u64 = 1_000;

/// How far a snapshot may rise: no entry to a version that no document will ever reach.
///
/// Only for what is to be signed; a complete document that is shown was bounded by its signers.
pub(super) fn bounds(state: &LineageState, document: &Content) -> Result<(), Denial> {
    let View::Snapshot(snapshot) = &document.view else {
        return Ok(());
    };
    for (name, meta) in &snapshot.meta {
        let before = state.snapshot_entries.get(name).copied().unwrap_or(0);
        let known = state.history(RoleType::Targets).version();
        if name == "targets.json" && meta.version > known.max(before) {
            let message = format!(
                "it lists targets.json {}, but the agent knows targets up to {known}",
                meta.version
            );
            return Err(Denial::new(Reason::SnapshotAhead, message));
        }
        if meta.version > before.saturating_add(RISE) {
            let message = format!(
                "{} had version {before} and would have {}, more than {RISE} above",
                name.escape_debug(),
                meta.version
            );
            return Err(Denial::new(Reason::SnapshotAhead, message));
        }
    }
    Ok(())
}

fn timestamp_agrees(state: &LineageState, timestamp: &Timestamp) -> Result<(), Denial> {
    let contradicts = |message| Err(Denial::new(Reason::TimestampContradicts, message));
    let meta = &timestamp.snapshot;
    let history = state.history(RoleType::Snapshot);
    let known = [history.newest_final(), history.last.as_ref()];
    let Some(newest) = known.into_iter().flatten().next() else {
        let message = "the agent neither signed nor was shown any snapshot of this lineage";
        return Err(Denial::new(Reason::SnapshotUnknown, message));
    };
    if meta.version < state.timestamp_snapshot {
        let before = state.timestamp_snapshot;
        return contradicts(format!(
            "it names snapshot {}, the one before named {before}",
            meta.version
        ));
    }
    let Some(snapshot) = known
        .into_iter()
        .flatten()
        .find(|known| known.version == meta.version)
    else {
        return contradicts(format!(
            "it names snapshot {}; the newest that this agent knows is {}",
            meta.version, newest.version
        ));
    };
    if meta.length.is_none() && meta.hashes.is_none() {
        return Ok(());
    }
    if snapshot.files.is_empty() {
        let message = format!(
            "it gives length or hashes of snapshot {}, whose finished file the agent was not shown",
            meta.version
        );
        return Err(Denial::new(Reason::SnapshotUnknown, message));
    }
    let hashes = meta.hashes.as_ref();
    if hashes.is_some_and(|hashes| hashes.iter().any(|(name, _)| name != "sha256")) {
        return contradicts(format!(
            "it gives other hashes of snapshot {} than sha256, which the agent can't compare",
            meta.version
        ));
    }
    let listed = hashes.and_then(privyseal_tuf::Hashes::sha256);
    let is_it = |(length, sha256): &(u64, Sha256Digest)| {
        meta.length.is_none_or(|listed| listed == *length)
            && listed.is_none_or(|listed| listed == *sha256)
    };
    if snapshot.files.iter().any(is_it) {
        return Ok(());
    }
    contradicts(format!(
        "its length or SHA-256 of snapshot {} is not that of the file that was shown",
        meta.version
    ))
}
