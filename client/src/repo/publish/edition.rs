use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use privyseal_tuf::{Document, MetaFile, Role, RoleName, RoleType, TargetFile, TargetPath};

use super::ready::not_finished;
use crate::destination::{Content, NewFile};
use crate::repo::drafts::read_document;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// A whole repository as readers will see it: what is published, with the finished drafts over it.
#[derive(Debug)]
pub(super) struct Edition<'a> {
    project: &'a Project,
    work: &'a Work,
    /// Whether target files that are staged may become the published ones.
    gives: bool,
    /// Whether readers ask for names with versions and hashes.
    pub(super) consistent: bool,
    /// From the first on.
    pub(super) roots: Vec<Arc<Document>>,
    pub(super) timestamp: Arc<Document>,
    pub(super) snapshot: Arc<Document>,
    /// What the snapshot says of each targets metadata.
    pub(super) meta: BTreeMap<String, MetaFile>,
}

impl<'a> Edition<'a> {
    /// What is to be published in the project's own directory.
    pub(super) fn read(project: &'a Project, work: &'a Work) -> anyhow::Result<Self> {
        let settled = |role: RoleType| {
            let role = Role::from(role);
            work.settled(&role)?
                .ok_or_else(|| anyhow::Error::from(not_finished(&role)))
        };
        let mut roots = work.published().roots.clone();
        let last = settled(RoleType::Root)?;
        if !roots.last().is_some_and(|root| Arc::ptr_eq(root, &last)) {
            roots.push(last);
        }
        let snapshot = settled(RoleType::Snapshot)?;
        Ok(Self {
            project,
            work,
            gives: true,
            consistent: is_consistent(&roots)?,
            roots,
            timestamp: settled(RoleType::Timestamp)?,
            meta: snapshot.snapshot()?.meta,
            snapshot,
        })
    }

    /// What is published in the project's own directory.
    pub(super) fn published(project: &'a Project, work: &'a Work) -> anyhow::Result<Self> {
        let published = work.published();
        let last = |role: RoleType| {
            let document = published.last(role).cloned();
            document.ok_or_else(|| anyhow::Error::from(not_finished(&role.into())))
        };
        let snapshot = last(RoleType::Snapshot)?;
        Ok(Self {
            project,
            work,
            gives: false,
            consistent: is_consistent(&published.roots)?,
            roots: published.roots.clone(),
            timestamp: last(RoleType::Timestamp)?,
            meta: snapshot.snapshot()?.meta,
            snapshot,
        })
    }

    /// A version of targets metadata that is published, or will be.
    pub(super) fn targets(&self, role: &Role, version: u64) -> anyhow::Result<Arc<Document>> {
        if let Some(settled) = self.work.settled(role)?
            && version_of(&settled) == Some(version)
        {
            return Ok(settled);
        }
        if self.work.published().version(role) == Some(version)
            && let Some(published) = self.work.published().document(role)?
        {
            return Ok(published);
        }
        let path = self.project.metadata().join(role.file_name(version));
        let document = read_document(&path, role.kind())?;
        Ok(Arc::new(document.with_context(|| {
            format!("{} is missing", path.display())
        })?))
    }

    /// Whether there is a file of a version. Of a role that nobody delegates to any more, a
    /// repository that was made elsewhere may lack it.
    pub(super) fn has(&self, role: &Role, version: u64) -> anyhow::Result<bool> {
        let path = self.project.metadata().join(role.file_name(version));
        Ok(self.work.is_delegated(role)? || path.exists())
    }

    /// The file of a version of targets metadata.
    pub(super) fn targets_file(&self, role: &Role, version: u64) -> anyhow::Result<NewFile> {
        let document = self.targets(role, version)?;
        Ok(metadata_file(role, version, &document))
    }

    /// The files of a target, each of the names that it has.
    pub(super) fn target_files(&self, path: &TargetPath, target: &TargetFile) -> Vec<NewFile> {
        let layout = self.project.settings().publishing.layout;
        let names = match self.consistent {
            true => layout.names(path, &target.hashes),
            false => vec![path.to_string()],
        };
        let content = self.content(target, names.first());
        names
            .into_iter()
            .map(|name| NewFile {
                name: format!("targets/{name}"),
                length: target.length,
                hashes: target.hashes.clone(),
                content: content.clone(),
            })
            .collect()
    }

    fn content(&self, target: &TargetFile, name: Option<&String>) -> Content {
        let staged = target.hashes.sha256().filter(|_| self.gives);
        let staged = staged.map(|sha256| self.project.staging().path(&sha256));
        match staged.filter(|staged| fs::metadata(staged).is_ok_and(|found| found.is_file())) {
            Some(staged) => Content::Give(staged),
            None => {
                let targets = self.project.targets();
                Content::Copy(name.map_or(targets.clone(), |name| targets.join(name)))
            }
        }
    }
}

/// The version, without a look at thousands of targets.
fn version_of(document: &Document) -> Option<u64> {
    let version = document.signed().get("version")?;
    version.as_integer()?.try_into().ok()
}

/// Whether the last root says that names have versions and hashes.
fn is_consistent(roots: &[Arc<Document>]) -> anyhow::Result<bool> {
    let last = roots.last().map(|root| root.root()).transpose()?;
    Ok(last.is_some_and(|root| root.consistent_snapshot == Some(true)))
}

/// A metadata file under the name that readers ask for where names have no versions.
pub(super) fn plain_file(role: &Role, document: &Arc<Document>) -> NewFile {
    let name = format!("metadata/{}", role.plain_file_name());
    NewFile::of_bytes(name, bytes_of(document))
}

/// A metadata file under its name.
pub(super) fn metadata_file(role: &Role, version: u64, document: &Arc<Document>) -> NewFile {
    let name = format!("metadata/{}", role.file_name(version));
    NewFile::of_bytes(name, bytes_of(document))
}

/// A document as its file, which can have many megabytes: without a copy where it was read from one.
pub(super) fn bytes_of(document: &Arc<Document>) -> Bytes {
    match document.bytes() {
        Cow::Borrowed(_) => Bytes::from_owner(Received(Arc::clone(document))),
        Cow::Owned(made) => Bytes::from(made),
    }
}

/// A document that keeps the bytes that it was read from.
struct Received(Arc<Document>);

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        match self.0.bytes() {
            Cow::Borrowed(received) => received,
            Cow::Owned(_) => &[],
        }
    }
}

/// The role that a snapshot means by a name. None where no role could have it.
pub(super) fn role_of(meta_name: &str) -> Option<Role> {
    match meta_name.strip_suffix(".json")? {
        "targets" => Some(Role::TARGETS),
        name => Some(name.parse::<RoleName>().ok()?.into()),
    }
}
