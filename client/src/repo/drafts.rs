use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use percent_encoding::percent_decode_str;
use privyseal_tuf::{Document, Role, RoleName, RoleType};

use crate::failure::Advice;
use crate::file::{self, Access};

/// The documents that are being written or signed: `draft/root.json` and so on, and
/// `draft/delegated/NAME.json`, each with the signatures that it has so far.
#[derive(Clone, Debug)]
pub struct Drafts {
    directory: PathBuf,
}

impl Drafts {
    /// The drafts in a directory, which is made when one is written.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The roles that have a draft.
    pub fn roles(&self) -> anyhow::Result<Vec<Role>> {
        let top = RoleType::ALL.into_iter().map(Role::from);
        let mut roles: Vec<Role> = top.filter(|role| self.path(role).exists()).collect();
        let directory = self.delegated();
        let reading = || format!("cannot read {}", directory.display());
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(roles),
            entries => entries.with_context(reading)?,
        };
        for entry in entries {
            let name = entry.with_context(reading)?.file_name();
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            roles.push(Role::from(role_of(stem).ok_or_else(|| {
                Advice::failed(
                    format!("{}/{stem}.json is no draft of a role", directory.display()),
                    "move it away: drafts are named by the encoded name of their role",
                )
            })?));
        }
        roles.sort();
        Ok(roles)
    }

    /// The draft of a role.
    pub fn read(&self, role: &Role) -> anyhow::Result<Option<Document>> {
        read_document(&self.path(role), role.kind())
    }

    /// The corrected root that an operator is to put in the place of the signed draft.
    pub fn read_correction(&self) -> anyhow::Result<Option<Document>> {
        read_document(&self.correction(), RoleType::Root)
    }

    /// Writes the draft of a role.
    pub fn write(&self, role: &Role, document: &Document) -> anyhow::Result<()> {
        write(&self.path(role), document)
    }

    /// Writes drafts of many roles.
    pub fn write_all(&self, drafts: &[(&Role, &Document)]) -> anyhow::Result<()> {
        let writing = || format!("cannot write drafts in {}", self.directory.display());
        for (role, _) in drafts {
            fs::create_dir_all(file::directory_of(&self.path(role))).with_context(writing)?;
        }
        let files = drafts.iter();
        let files = files.map(|(role, document)| (self.path(role), document.to_bytes()));
        file::write_all_atomically(files, Access::Public).with_context(writing)
    }

    /// Writes a correction of the signed root draft.
    pub fn write_correction(&self, document: &Document) -> anyhow::Result<()> {
        write(&self.correction(), document)
    }

    /// Removes the draft of a role, if there is one.
    pub fn remove(&self, role: &Role) -> anyhow::Result<()> {
        remove(&self.path(role))
    }

    /// Removes the correction, if there is one.
    pub fn remove_correction(&self) -> anyhow::Result<()> {
        remove(&self.correction())
    }

    fn path(&self, role: &Role) -> PathBuf {
        match role {
            Role::Top(role) => self.directory.join(format!("{role}.json")),
            Role::Delegated(name) => self.delegated().join(format!("{}.json", name.file_stem())),
        }
    }

    fn delegated(&self) -> PathBuf {
        self.directory.join("delegated")
    }

    fn correction(&self) -> PathBuf {
        self.directory.join("root.corrected.json")
    }
}

/// The role whose name is encoded in a file's name.
fn role_of(stem: &str) -> Option<RoleName> {
    let name = percent_decode_str(stem).decode_utf8().ok()?;
    let name: RoleName = name.parse().ok()?;
    (name.file_stem() == stem).then_some(name)
}

fn write(path: &Path, document: &Document) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)
        .and_then(|()| file::write_atomically(path, &document.to_bytes(), Access::Public))
        .with_context(|| format!("cannot write {}", path.display()))
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
    let removed = file::remove_if_there(path).map(drop);
    removed.with_context(|| format!("cannot remove {}", path.display()))
}
