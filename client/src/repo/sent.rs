use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use privyseal_tuf::{Document, RoleType};
use serde::{Deserialize, Serialize};

use crate::file::{self, Access};

/// The contents that this project sent to agents: `draft/sent.json`.
///
/// An agent remembers what it signed. What it remembers and this project neither published nor
/// sent was made elsewhere, or this copy of the project is old.
#[derive(Clone, Debug)]
pub struct Sent {
    path: PathBuf,
}

/// One content under one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    role: String,
    version: u64,
    digest: String,
}

impl Sent {
    /// The list in a file, which is made when something is noted.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Was this content sent from here?
    pub fn contains(&self, role: RoleType, version: u64, digest: &str) -> anyhow::Result<bool> {
        let is_it = |entry: &Entry| {
            entry.role == role.as_str() && entry.version == version && entry.digest == digest
        };
        Ok(self.read()?.iter().any(is_it))
    }

    /// Notes a document before it is sent; what is not above `published` is forgotten.
    pub fn note(
        &self,
        role: RoleType,
        document: &Document,
        published: Option<u64>,
    ) -> anyhow::Result<()> {
        let entry = Entry {
            role: role.to_string(),
            version: document.view(role)?.version(),
            digest: document.payload().digest.to_string(),
        };
        let mut entries = self.read()?;
        if entries.contains(&entry) {
            return Ok(());
        }
        let published = published.unwrap_or(0);
        entries.retain(|old| old.role != entry.role || old.version > published);
        entries.push(entry);
        let mut bytes = serde_json::to_vec_pretty(&entries)?;
        bytes.push(b'\n');
        file::write_atomically(&self.path, &bytes, Access::Public)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn read(&self) -> anyhow::Result<Vec<Entry>> {
        let shown = || format!("{}", self.path.display());
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(shown),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error).with_context(shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use privyseal_tuf::{Draft, Expires};

    use super::*;

    #[test]
    fn what_was_sent_is_known_until_it_is_published() {
        let directory = tempfile::tempdir().unwrap();
        let sent = Sent::at(directory.path().join("sent.json"));
        let expires = Expires::from_seconds(2_000_000_000).unwrap();
        let targets = |version| Draft::targets(version, &expires).finish().unwrap();
        let two = targets(2);
        let digest = two.payload().digest.to_string();
        assert!(!sent.contains(RoleType::Targets, 2, &digest).unwrap());
        sent.note(RoleType::Targets, &two, Some(1)).unwrap();
        assert!(sent.contains(RoleType::Targets, 2, &digest).unwrap());
        assert!(!sent.contains(RoleType::Targets, 2, "other").unwrap());
        sent.note(RoleType::Targets, &targets(3), Some(2)).unwrap();
        assert!(!sent.contains(RoleType::Targets, 2, &digest).unwrap());
    }
}
