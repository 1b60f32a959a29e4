//! Target files, and the metadata files that a snapshot or timestamp names.

use super::case::Case;
use super::{Cause, Danger};
use crate::{Change, Hashes, MetaFile, TargetFile};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    for (at, change) in case.changes() {
        let causes: [Option<Cause>; 2] = match change {
            Change::TargetAdded { file, .. } => [unknown_hash(&file.hashes), None],
            Change::TargetRemoved { .. } => [Some(Cause::RemovedTarget), None],
            Change::TargetReplaced { old, new, .. } => {
                let replaced = !agree(old, new);
                [
                    replaced.then_some(Cause::ReplacedTarget),
                    unknown_hash(&new.hashes),
                ]
            }
            Change::MetaAdded { file, .. } => [file.hashes.as_ref().and_then(unknown_hash), None],
            Change::MetaRemoved { .. } => [Some(Cause::EntryDropped), None],
            Change::MetaChanged { old, new, .. } => [entry(old, new), unpinned(old, new)],
            _ => continue,
        };
        let change = Some(at);
        let causes = causes.into_iter().flatten();
        dangers.extend(causes.map(|cause| Danger { change, cause }));
    }
}

fn entry(old: &MetaFile, new: &MetaFile) -> Option<Cause> {
    if new.version < old.version {
        return Some(Cause::EntryLowered);
    }
    let same_length = match (old.length, new.length) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    };
    let same_hashes = match (&old.hashes, &new.hashes) {
        (Some(old), Some(new)) => pins_the_same(old, new),
        _ => true,
    };
    let replaced = new.version == old.version && !(same_length && same_hashes);
    replaced.then_some(Cause::EntryReplaced)
}

fn unpinned(old: &MetaFile, new: &MetaFile) -> Option<Cause> {
    match (&old.hashes, &new.hashes) {
        (Some(_), None) => Some(Cause::Unpinned),
        (_, Some(new)) => unknown_hash(new),
        (None, None) => None,
    }
}

/// Whether both can only be the same file.
fn agree(old: &TargetFile, new: &TargetFile) -> bool {
    old.length == new.length && pins_the_same(&old.hashes, &new.hashes)
}

/// Whether they have a hash in common, and no hash of one algorithm differs.
fn pins_the_same(old: &Hashes, new: &Hashes) -> bool {
    let old: Vec<(&str, &str)> = old.iter().collect();
    let mut common = 0;
    for (name, digest) in new.iter() {
        for (_, other) in old.iter().filter(|(other, _)| *other == name) {
            if !other.eq_ignore_ascii_case(digest) {
                return false;
            }
            common += 1;
        }
    }
    common > 0
}

fn unknown_hash(hashes: &Hashes) -> Option<Cause> {
    let known = hashes
        .iter()
        .any(|(name, _)| matches!(name, "sha256" | "sha512"));
    (!known).then_some(Cause::UnknownHash)
}
