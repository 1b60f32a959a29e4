use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use privyseal_tuf::{Document, Role};
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

/// A document that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// Its role.
    pub role: &'a Role,
    /// The document.
    pub document: &'a Document,
    /// The role's published version: what is not above it is forgotten.
    pub published: Option<u64>,
}

/// One content under one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    pub fn contains(&self, role: &Role, version: u64, digest: &str) -> anyhow::Result<bool> {
        let is_it = |entry: &Entry| {
            entry.role == role.as_str() && entry.version == version && entry.digest == digest
        };
        Ok(self.read()?.iter().any(is_it))
    }

    /// Notes documents before they are sent.
    pub fn note(&self, sendings: &[Sending<'_>]) -> anyhow::Result<()> {
        let mut new = Vec::new();
        for sending in sendings {
            new.push(Entry {
                role: sending.role.to_string(),
                version: sending.document.view(sending.role.kind())?.version(),
                digest: sending.document.payload().digest.to_string(),
            });
        }
        let mut entries = self.read()?;
        entries.sort();
        new.retain(|entry| entries.binary_search(entry).is_err());
        if new.is_empty() {
            return Ok(());
        }
        let published = sendings
            .iter()
            .map(|sending| (sending.role.as_str(), sending.published.unwrap_or(0)));
        let published: std::collections::BTreeMap<&str, u64> = published.collect();
        entries.retain(|old| {
            published
                .get(old.role.as_str())
                .is_none_or(|published| old.version > *published)
        });
        entries.extend(new);
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
        let note = |document: &Document, published| {
            let (role, published) = (&Role::TARGETS, Some(published));
            let sending = Sending {
                role,
                document,
                published,
            };
            sent.note(&[sending]).unwrap();
        };
        let two = targets(2);
        let digest = two.payload().digest.to_string();
        let contains = |digest: &str| sent.contains(&Role::TARGETS, 2, digest).unwrap();
        assert!(!contains(&digest));
        note(&two, 1);
        assert!(contains(&digest));
        assert!(!contains("other"));
        note(&targets(3), 2);
        assert!(!contains(&digest));
    }
}
