use std::path::Path;

use anyhow::Context;
use privyseal_tuf::{Document, RoleType};

use super::drafts::read_document;
use crate::failure::Advice;

/// More roots than any client follows (the specification suggests 2¹⁰).
const MOST_ROOTS: u64 = 1024;

/// The metadata that was published: every root, and what the timestamp leads to.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// From the first root to the last.
    pub roots: Vec<Document>,
    /// The targets that the snapshot names.
    pub targets: Option<Document>,
    /// The snapshot that the timestamp names.
    pub snapshot: Option<Document>,
    /// The timestamp.
    pub timestamp: Option<Document>,
}

impl Published {
    /// Reads a metadata directory as a client would find its way through it. Nothing is verified
    /// here. Files that no timestamp leads to yet are left out.
    pub fn read(metadata: &Path) -> anyhow::Result<Self> {
        let mut published = Self {
            roots: roots(metadata)?,
            ..Self::default()
        };
        let timestamp = read_document(&metadata.join("timestamp.json"), RoleType::Timestamp)?;
        let Some(timestamp) = timestamp else {
            return Ok(published);
        };
        let version = timestamp
            .timestamp()
            .context("timestamp.json")?
            .snapshot
            .version;
        let snapshot = required(metadata, RoleType::Snapshot, version)?;
        let listed = snapshot.snapshot().context("snapshot.json")?;
        let version = listed
            .meta
            .get("targets.json")
            .map_or(0, |entry| entry.version);
        published.targets = Some(required(metadata, RoleType::Targets, version)?);
        published.snapshot = Some(snapshot);
        published.timestamp = Some(timestamp);
        Ok(published)
    }

    /// The last document of a role.
    pub fn last(&self, role: RoleType) -> Option<&Document> {
        match role {
            RoleType::Root => self.roots.last(),
            RoleType::Targets => self.targets.as_ref(),
            RoleType::Snapshot => self.snapshot.as_ref(),
            RoleType::Timestamp => self.timestamp.as_ref(),
        }
    }

    /// The version of the last document of a role.
    pub fn version(&self, role: RoleType) -> Option<u64> {
        self.last(role)?.view(role).ok().map(|view| view.version())
    }
}

fn roots(metadata: &Path) -> anyhow::Result<Vec<Document>> {
    let mut roots = Vec::new();
    for version in 1..=MOST_ROOTS {
        let path = metadata.join(file_name(RoleType::Root, version));
        match read_document(&path, RoleType::Root)? {
            Some(root) => roots.push(root),
            None => break,
        }
    }
    Ok(roots)
}

fn required(metadata: &Path, role: RoleType, version: u64) -> anyhow::Result<Document> {
    let name = file_name(role, version);
    read_document(&metadata.join(&name), role)?.ok_or_else(|| {
        Advice::needs_person(
            format!("the published repository is damaged: {name} is missing"),
            format!("restore {name} in {} from a copy", metadata.display()),
        )
        .into()
    })
}

/// The name of a metadata file under consistent snapshots (spec, section 6.2).
pub(super) fn file_name(role: RoleType, version: u64) -> String {
    match role {
        RoleType::Timestamp => "timestamp.json".to_owned(),
        role => format!("{version}.{role}.json"),
    }
}
