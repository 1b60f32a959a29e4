//! What a timestamp may name.

use privyseal_tuf::{RoleType, Timestamp};

use super::snapshot::names_file;
use crate::{
    denial::{Denial, Reason},
    memory::LineageState,
};

/// It names the newest snapshot that the agent knows, by the file that was shown.
pub(super) fn agrees(state: &LineageState, timestamp: &Timestamp) -> Result<(), Denial> {
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
    if snapshot.files.iter().any(|file| names_file(meta, file)) {
        return Ok(());
    }
    contradicts(format!(
        "its length or SHA-256 of snapshot {} is not that of the file that was shown",
        meta.version
    ))
}
