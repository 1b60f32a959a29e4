use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use privyseal_tuf::{Document, Role};

use crate::file::{self, Access};

/// How many drafts of a role are kept.
const MOST: usize = 16;

/// The drafts that were given away to be signed elsewhere: `draft/exported/`.
///
/// They are kept so that a signature that comes back over an earlier one is known for what it is.
#[derive(Clone, Debug)]
pub struct Exported {
    directory: PathBuf,
}

/// A file's name says role, version and the beginning of the payload's digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    version: u64,
    path: PathBuf,
}

impl Exported {
    /// Those in a directory, which is made when one is kept.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Keeps a draft; of many, those of the highest versions.
    pub fn keep(&self, role: &Role, draft: &Document) -> anyhow::Result<()> {
        let version = draft.view(role.kind())?.version();
        let digest = draft.payload().digest.to_string();
        let short = digest.get(..16).unwrap_or_default();
        let path = self
            .directory
            .join(format!("{}.{version}.{short}.json", stem(role)));
        fs::create_dir_all(&self.directory)
            .and_then(|()| file::write_atomically(&path, &draft.bytes(), Access::Public))
            .with_context(|| format!("cannot write {}", path.display()))?;
        let mut entries = self.entries(role)?;
        entries.retain(|entry| entry.path != path);
        for old in entries.iter().rev().skip(MOST - 1) {
            fs::remove_file(&old.path)
                .with_context(|| format!("cannot remove {}", old.path.display()))?;
        }
        Ok(())
    }

    /// The drafts of a role that were given away. What can't be read is passed over: it only helps
    /// to explain.
    pub fn of(&self, role: &Role) -> anyhow::Result<Vec<Document>> {
        let entries = self.entries(role)?.into_iter();
        let documents =
            entries.filter_map(|entry| Document::parse(&fs::read(entry.path).ok()?).ok());
        Ok(documents.collect())
    }

    /// From the lowest version to the highest.
    fn entries(&self, role: &Role) -> anyhow::Result<Vec<Entry>> {
        let reading = || format!("cannot read {}", self.directory.display());
        let directory = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            directory => directory.with_context(reading)?,
        };
        let mut entries = Vec::new();
        for entry in directory {
            let entry = entry.with_context(reading)?;
            let name = entry.file_name();
            let version = name.to_str().and_then(|name| version_of(name, role));
            entries.extend(version.map(|version| Entry {
                version,
                path: entry.path(),
            }));
        }
        entries.sort();
        Ok(entries)
    }
}

fn version_of(name: &str, role: &Role) -> Option<u64> {
    let rest = name.strip_prefix(&stem(role))?.strip_prefix('.')?;
    let (version, digest) = rest.strip_suffix(".json")?.split_once('.')?;
    let is_digest = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    version.parse().ok().filter(|_| is_digest)
}

fn stem(role: &Role) -> String {
    match role {
        Role::Top(role) => role.to_string(),
        Role::Delegated(name) => name.file_stem(),
    }
}

#[cfg(test)]
mod tests {
    use privyseal_tuf::{Draft, Expires};

    use super::*;

    fn targets(version: u64, days: i64) -> Document {
        let expires = Expires::from_seconds(2_000_000_000 + days * 86_400).unwrap();
        Draft::targets(version, &expires).finish().unwrap()
    }

    #[test]
    fn what_was_given_away_is_known_by_role() {
        let directory = tempfile::tempdir().unwrap();
        let exported = Exported::at(directory.path().join("exported"));
        let roles: Vec<Role> = ["targets", "app", "..", "app.1"]
            .map(|name| name.parse().unwrap())
            .into();
        for (days, role) in (0..).zip(&roles) {
            assert!(exported.of(role).unwrap().is_empty());
            exported.keep(role, &targets(1, days)).unwrap();
            exported.keep(role, &targets(1, days)).unwrap();
        }
        for (days, role) in (0..).zip(&roles) {
            let kept = exported.of(role).unwrap();
            let digests: Vec<_> = kept
                .iter()
                .map(|document| document.payload().digest)
                .collect();
            assert_eq!(digests, [targets(1, days).payload().digest], "{role}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_highest_versions_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let exported = Exported::at(directory.path().to_owned());
        for version in 1..=20 {
            exported.keep(&Role::TARGETS, &targets(version, 0)).unwrap();
        }
        let kept = exported.of(&Role::TARGETS).unwrap();
        let versions: Vec<u64> = (kept.iter())
            .map(|document| document.targets().unwrap().header.version)
            .collect();
        assert_eq!(versions, (5..=20).collect::<Vec<u64>>());
    }
}
