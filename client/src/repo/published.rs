use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use privyseal_tuf::{Document, MetaFile, Role, RoleType};

use super::drafts::read_document;
use crate::failure::Advice;

/// More roots than any client follows (the specification suggests 2¹⁰).
const MOST_ROOTS: u64 = 1024;

/// The metadata that was published: every root, and what the timestamp leads to.
///
/// Delegated roles' documents are read when they are asked for: there can be thousands.
#[derive(Clone, Debug, Default)]
pub struct Published {
    directory: PathBuf,
    /// From the first root to the last.
    pub roots: Vec<Arc<Document>>,
    targets: Option<Arc<Document>>,
    snapshot: Option<Arc<Document>>,
    timestamp: Option<Arc<Document>>,
    /// What the snapshot says of each targets metadata.
    listed: BTreeMap<String, MetaFile>,
    /// Of delegated roles that others are delegated by.
    kept: RefCell<BTreeMap<Role, Arc<Document>>>,
}

impl Published {
    /// Reads a metadata directory as a client would find its way through it. Nothing is verified
    /// here. Files that no timestamp leads to yet are left out.
    pub fn read(metadata: &Path) -> anyhow::Result<Self> {
        let mut published = Self {
            directory: metadata.to_owned(),
            roots: read_roots(metadata)?,
            ..Self::default()
        };
        let role = RoleType::Timestamp;
        let Some(timestamp) = read_document(&metadata.join("timestamp.json"), role)? else {
            return Ok(published);
        };
        let version = timestamp
            .timestamp()
            .context("timestamp.json")?
            .snapshot
            .version;
        let snapshot = published.required(&RoleType::Snapshot.into(), version)?;
        published.listed = snapshot.snapshot().context("snapshot.json")?.meta;
        published.snapshot = Some(snapshot);
        published.timestamp = Some(Arc::new(timestamp));
        let version = published.version(&Role::TARGETS).unwrap_or(0);
        published.targets = Some(published.required(&Role::TARGETS, version)?);
        Ok(published)
    }

    /// The last document of a top-level role.
    pub fn last(&self, role: RoleType) -> Option<&Arc<Document>> {
        match role {
            RoleType::Root => self.roots.last(),
            RoleType::Targets => self.targets.as_ref(),
            RoleType::Snapshot => self.snapshot.as_ref(),
            RoleType::Timestamp => self.timestamp.as_ref(),
        }
    }

    /// The last document of any role.
    pub fn document(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        if let Role::Top(role) = role {
            return Ok(self.last(*role).cloned());
        }
        if let Some(kept) = self.kept.borrow().get(role) {
            return Ok(Some(Arc::clone(kept)));
        }
        match self.version(role) {
            Some(version) => self.required(role, version).map(Some),
            None => Ok(None),
        }
    }

    /// Keeps the document of a delegator, which is asked for with each role below it.
    pub(super) fn keep(&self, role: &Role) -> anyhow::Result<Option<Arc<Document>>> {
        let document = self.document(role)?;
        if let (Role::Delegated(_), Some(document)) = (role, &document) {
            let mut kept = self.kept.borrow_mut();
            kept.insert(role.clone(), Arc::clone(document));
        }
        Ok(document)
    }

    /// The version of the last document of a role.
    pub fn version(&self, role: &Role) -> Option<u64> {
        match role {
            Role::Top(RoleType::Targets) | Role::Delegated(_) => {
                Some(self.listed.get(&role.meta_name())?.version)
            }
            Role::Top(role) => self
                .last(*role)?
                .view(*role)
                .ok()
                .map(|view| view.version()),
        }
    }

    /// What the snapshot says of each targets metadata, by its name there.
    pub fn listed(&self) -> &BTreeMap<String, MetaFile> {
        &self.listed
    }

    fn required(&self, role: &Role, version: u64) -> anyhow::Result<Arc<Document>> {
        let name = role.file_name(version);
        let document = read_document(&self.directory.join(&name), role.kind())?;
        let missing = || {
            Advice::needs_person(
                format!("the published repository is damaged: {name} is missing"),
                format!("restore {name} in {} from a copy", self.directory.display()),
            )
        };
        Ok(Arc::new(document.ok_or_else(missing)?))
    }
}

pub(super) fn read_roots(metadata: &Path) -> anyhow::Result<Vec<Arc<Document>>> {
    let mut roots = Vec::new();
    for version in 1..=MOST_ROOTS {
        let path = metadata.join(Role::from(RoleType::Root).file_name(version));
        match read_document(&path, RoleType::Root)? {
            Some(root) => roots.push(Arc::new(root)),
            None => break,
        }
    }
    Ok(roots)
}
