//! The index names the files that belong together. Files are named by their digests, so that one
//! rename of the index exchanges all of them at once.

use std::collections::BTreeMap;
use std::path::Path;

use privyseal_tuf::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::HomeError;
use super::memory::{Kept, Memory, TrustedBy, TrustedSince};
use crate::file::{read_at_most, read_if_there};

/// The longest index, in bytes.
const MOST_INDEX: u64 = 4 << 20;

/// The most files that are kept of one repository.
pub(super) const MOST_FILES: usize = 8192;

/// The most bytes that are kept of one repository.
pub(super) const MOST_BYTES: u64 = 512 << 20;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub(super) repository: String,
    pub(super) trusted: TrustedEntry,
    pub(super) roots: Vec<Entry>,
    pub(super) files: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustedEntry {
    version: u64,
    sha256: String,
    at: i64,
    by: TrustedBy,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    version: u64,
    sha256: String,
    length: u64,
}

impl Entry {
    fn of(kept: &Kept) -> Self {
        Self {
            version: kept.version,
            sha256: kept.sha256().to_string(),
            length: kept.bytes.len() as u64,
        }
    }

    /// The name of its file.
    pub(super) fn file_name(&self) -> String {
        format!("{}.json", self.sha256)
    }

    /// Its file in a directory, which must be the one that was kept.
    fn read(&self, directory: &Path) -> Result<Kept, HomeError> {
        // Before it is a part of a path.
        let sha256 = digest(directory, &self.sha256)?;
        let path = directory.join(self.file_name());
        let bytes = read_at_most(&path, self.length).map_err(|e| HomeError::io(&path, e))?;
        if bytes.len() as u64 != self.length || Sha256Digest::of(&bytes) != sha256 {
            return Err(HomeError::damaged(&path, "another length or digest"));
        }
        Ok(Kept::new(self.version, bytes))
    }
}

impl Index {
    pub(super) fn of(gun: &str, memory: &Memory) -> Result<Self, HomeError> {
        let files = memory.roots.iter().chain(memory.files.values());
        let bytes: u64 = files.clone().map(|kept| kept.bytes.len() as u64).sum();
        if files.count() > MOST_FILES || bytes > MOST_BYTES {
            return Err(HomeError::TooMuch {
                what: format!("{gun} has more metadata than is kept"),
                limit: format!("{MOST_FILES} files and {MOST_BYTES} bytes of a repository"),
            });
        }
        let trusted = &memory.trusted;
        Ok(Self {
            repository: gun.to_owned(),
            trusted: TrustedEntry {
                version: trusted.version,
                sha256: trusted.sha256.to_string(),
                at: trusted.at,
                by: trusted.by,
            },
            roots: memory.roots.iter().map(Entry::of).collect(),
            files: memory
                .files
                .iter()
                .map(|(role, kept)| (role.clone(), Entry::of(kept)))
                .collect(),
        })
    }

    /// Reads an index; None where there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, HomeError> {
        let read = read_if_there(path, MOST_INDEX);
        let Some(bytes) = read.map_err(|error| HomeError::io(path, error))? else {
            return Ok(None);
        };
        let index = serde_json::from_slice(&bytes);
        index.map(Some).map_err(|e| HomeError::damaged(path, e))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.roots.iter().chain(self.files.values())
    }

    /// What it says, with the files of a directory.
    pub(super) fn load(&self, path: &Path, files: &Path) -> Result<Memory, HomeError> {
        let total = self.entries().map(|entry| entry.length);
        let total = total.fold(0u64, u64::saturating_add);
        if self.entries().count() > MOST_FILES || total > MOST_BYTES || self.roots.is_empty() {
            return Err(HomeError::damaged(path, "no root, or too many files"));
        }
        let roots: Result<_, _> = self.roots.iter().map(|entry| entry.read(files)).collect();
        let others = self.files.iter();
        let others: Result<_, _> = others
            .map(|(role, entry)| Ok((role.clone(), entry.read(files)?)))
            .collect();
        Ok(Memory {
            trusted: TrustedSince {
                version: self.trusted.version,
                sha256: digest(path, &self.trusted.sha256)?,
                at: self.trusted.at,
                by: self.trusted.by,
            },
            roots: roots?,
            files: others?,
        })
    }
}

fn digest(path: &Path, text: &str) -> Result<Sha256Digest, HomeError> {
    text.parse().map_err(|e| HomeError::damaged(path, e))
}
