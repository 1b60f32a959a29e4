use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::{Document, RoleType};

use crate::file::{self, Access};

/// The documents that are being written or signed: `draft/root.json` and so on, each with the
/// signatures that it has so far.
#[derive(Clone, Debug)]
pub struct Drafts {
    directory: PathBuf,
}

impl Drafts {
    /// The drafts in a directory, which is made when one is written.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The draft of a role.
    pub fn read(&self, role: RoleType) -> anyhow::Result<Option<Document>> {
        read_document(&self.path(role), role)
    }

    /// The corrected root that an operator is to put in the place of the signed draft.
    pub fn read_correction(&self) -> anyhow::Result<Option<Document>> {
        read_document(&self.correction(), RoleType::Root)
    }

    /// Writes the draft of a role.
    pub fn write(&self, role: RoleType, document: &Document) -> anyhow::Result<()> {
        self.write_to(&self.path(role), document)
    }

    /// Writes a correction of the signed root draft.
    pub fn write_correction(&self, document: &Document) -> anyhow::Result<()> {
        self.write_to(&self.correction(), document)
    }

    /// Removes the draft of a role, if there is one.
    pub fn remove(&self, role: RoleType) -> anyhow::Result<()> {
        remove(&self.path(role))
    }

    /// Removes the correction, if there is one.
    pub fn remove_correction(&self) -> anyhow::Result<()> {
        remove(&self.correction())
    }

    fn path(&self, role: RoleType) -> PathBuf {
        self.directory.join(format!("{role}.json"))
    }

    fn correction(&self) -> PathBuf {
        self.directory.join("root.corrected.json")
    }

    fn write_to(&self, path: &Path, document: &Document) -> anyhow::Result<()> {
        fs::create_dir_all(&self.directory)
            .and_then(|()| file::write_atomically(path, &document.to_bytes(), Access::Public))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Reads a document of a role, where there is one.
pub(super) fn read_document(path: &Path, role: RoleType) -> anyhow::Result<Option<Document>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let document = Document::parse(&bytes).with_context(|| format!("{}", path.display()))?;
    document
        .view(role)
        .with_context(|| format!("{}", path.display()))?;
    Ok(Some(document))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
