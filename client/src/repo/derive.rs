use std::collections::BTreeMap;

use anyhow::Context;
use privyseal_tuf::{Document, Draft, Expires, Hashes, MetaFile, RoleType, Sha256Digest};
use privyseal_tuf::{Snapshot, Timestamp};

use crate::failure::Advice;

const TARGETS: &str = "targets.json";
const SNAPSHOT: &str = "snapshot.json";

/// What a snapshot or timestamp says of a finished file: its version, length and SHA-256.
pub fn entry_of(role: RoleType, document: &Document) -> anyhow::Result<MetaFile> {
    let bytes = document.to_bytes();
    Ok(MetaFile {
        version: document.view(role)?.version(),
        length: Some(bytes.len() as u64),
        hashes: Some(Hashes::from(Sha256Digest::of(&bytes))),
    })
}

/// A snapshot that says these things, by the names of the files. What the one before says of others
/// stays: no entry may ever disappear.
pub(super) fn derive_snapshot(
    before: Option<&Document>,
    version: u64,
    expires: &Expires,
    entries: &BTreeMap<String, MetaFile>,
) -> anyhow::Result<Document> {
    let mut draft = match before {
        None => Draft::snapshot(version, expires, required(entries, TARGETS)?),
        Some(document) => {
            let mut draft = Draft::<Snapshot>::edit(document)?;
            draft.set_version(version);
            draft.set_expires(expires);
            draft
        }
    };
    for (name, entry) in entries {
        draft.set_meta(name, entry);
    }
    draft.finish().context("the new snapshot")
}

/// A timestamp that names the snapshot of `entries`.
pub(super) fn derive_timestamp(
    before: Option<&Document>,
    version: u64,
    expires: &Expires,
    entries: &BTreeMap<String, MetaFile>,
) -> anyhow::Result<Document> {
    let snapshot = required(entries, SNAPSHOT)?;
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

/// What a snapshot or timestamp says of the files below it; none where it is neither.
pub(super) fn listed(role: RoleType, document: &Document) -> Option<BTreeMap<String, MetaFile>> {
    match role {
        RoleType::Snapshot => Some(document.snapshot().ok()?.meta),
        RoleType::Timestamp => {
            let snapshot = document.timestamp().ok()?.snapshot;
            Some(BTreeMap::from([(SNAPSHOT.to_owned(), snapshot)]))
        }
        RoleType::Root | RoleType::Targets => None,
    }
}

fn required<'a>(
    entries: &'a BTreeMap<String, MetaFile>,
    name: &str,
) -> Result<&'a MetaFile, Advice> {
    entries.get(name).ok_or_else(|| {
        Advice::failed(
            format!("there is no finished {name} to name"),
            "sign it first: `privyseal repo sign`",
        )
    })
}
