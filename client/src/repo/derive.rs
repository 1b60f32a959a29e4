use anyhow::Context;
use privyseal_tuf::{Document, Draft, Expires, Hashes, MetaFile, RoleType, Sha256Digest};
use privyseal_tuf::{Snapshot, Timestamp};

const TARGETS: &str = "targets.json";

/// What a snapshot or timestamp says of a finished file: its version, length and SHA-256.
pub fn entry_of(role: RoleType, document: &Document) -> anyhow::Result<MetaFile> {
    let bytes = document.to_bytes();
    Ok(MetaFile {
        version: document.view(role)?.version(),
        length: Some(bytes.len() as u64),
        hashes: Some(Hashes::from(Sha256Digest::of(&bytes))),
    })
}

/// A snapshot that lists `targets`. What the one before says of delegated targets stays.
pub fn derive_snapshot(
    before: Option<&Document>,
    version: u64,
    expires: &Expires,
    targets: &MetaFile,
) -> anyhow::Result<Document> {
    let draft = match before {
        None => Draft::snapshot(version, expires, targets),
        Some(document) => {
            let mut draft = Draft::<Snapshot>::edit(document)?;
            draft.set_version(version);
            draft.set_expires(expires);
            draft.set_meta(TARGETS, targets);
            draft
        }
    };
    draft.finish().context("the new snapshot")
}

/// A timestamp that names `snapshot`.
pub fn derive_timestamp(
    before: Option<&Document>,
    version: u64,
    expires: &Expires,
    snapshot: &MetaFile,
) -> anyhow::Result<Document> {
    let draft = match before {
        None => Draft::timestamp(version, expires, snapshot),
        Some(document) => {
            let mut draft = Draft::<Timestamp>::edit(document)?;
            draft.set_version(version);
            draft.set_expires(expires);
            draft.set_snapshot(snapshot);
            draft
        }
    };
    draft.finish().context("the new timestamp")
}

/// What a snapshot or timestamp says of the file below it; none where it says nothing.
pub(super) fn listed(role: RoleType, document: &Document) -> Option<MetaFile> {
    match role {
        RoleType::Snapshot => document.snapshot().ok()?.meta.get(TARGETS).cloned(),
        RoleType::Timestamp => Some(document.timestamp().ok()?.snapshot),
        RoleType::Root | RoleType::Targets => None,
    }
}
