use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::{Document, Role, RoleType, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::edition::{Edition, role_of};
use crate::destination::changed;
use crate::file::{self, Access, copy_hashing};
use crate::show::{Progress, escape};

const TIMESTAMP: &str = "timestamp.json";

/// The SHA-256 of every metadata file that was published last. It tells a published file that
/// someone changed from one that this client wrote.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    files: BTreeMap<String, String>,
}

impl Record {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        file::remove_temporary(file::directory_of(path))
            .and_then(|()| file::write_atomically(path, &bytes, Access::Public))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Takes over what an edition consists of, as it stands in the metadata directory.
    pub(super) fn update(&mut self, edition: &Edition<'_>, metadata: &Path) -> anyhow::Result<()> {
        let mut before = std::mem::take(&mut self.files);
        let versions = edition.meta.iter();
        let targets =
            versions.filter_map(|(name, entry)| Some(role_of(name)?.file_name(entry.version)));
        let roots = 1..=edition.roots.len() as u64;
        let snapshot = edition.snapshot.snapshot()?.header.version;
        let names = targets
            .chain(roots.map(|version| Role::from(RoleType::Root).file_name(version)))
            .chain([Role::from(RoleType::Snapshot).file_name(snapshot)]);
        for name in names {
            let path = metadata.join(&name);
            let digest = match before.remove(&name) {
                Some(digest) => digest,
                None if path.exists() => digest(&path)?,
                // Of a role that nobody delegates to, in a repository that was made elsewhere.
                None => continue,
            };
            self.files.insert(name, digest);
        }
        let timestamp = Sha256Digest::of(&edition.timestamp.bytes());
        self.files
            .insert(TIMESTAMP.to_owned(), timestamp.to_string());
        Ok(())
    }

    /// Refuses to go on where a published file is not what this client published. Only the
    /// timestamp may be what is about to be published: then an earlier attempt was interrupted.
    pub(super) fn refuse_changes(&self, metadata: &Path, new: &Document) -> anyhow::Result<()> {
        let new = Sha256Digest::of(&new.bytes()).to_string();
        for (name, recorded) in &self.files {
            let path = metadata.join(name);
            let found = digest(&path).ok();
            let is_new = name == TIMESTAMP && found.as_ref() == Some(&new);
            if found.as_ref() != Some(recorded) && !is_new {
                return Err(changed(&escape(&path.display().to_string())).into());
            }
        }
        Ok(())
    }
}

fn digest(path: &Path) -> anyhow::Result<String> {
    let reading = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(reading)?;
    let read = copy_hashing(&mut file, &mut io::sink(), &Progress::none()).with_context(reading)?;
    Ok(read.sha256.to_string())
}
