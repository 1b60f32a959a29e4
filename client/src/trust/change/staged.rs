use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Change;
use crate::file::{self, Access};
use crate::trust::home::RepositoryHome;

/// The most changes that wait.
pub const MOST_STAGED: usize = 4096;

/// The longest file of them, in bytes.
const LONGEST: u64 = 16 << 20;

const FILE: &str = "changes.json";
const FORMAT: u32 = 1;

/// Changes that wait to be published, in a file beside what is known of the repository. Whoever
/// changes it holds the repository's lock.
#[derive(Clone, Debug)]
pub struct Staged {
    path: PathBuf,
}

/// Why staged changes could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StagedError {
    /// The file system's answer.
    #[error("cannot use {path}, where staged changes are kept: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Not what this client writes.
    #[error("{path} holds no staged changes ({what}): `privyseal trust reset --all` drops it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No room.
    #[error(
        "{MOST_STAGED} changes wait already: publish them, or drop them with `privyseal trust reset`"
    )]
    TooMany,
    /// No change has the number.
    #[error("no staged change has the number {0}: `privyseal trust status` shows them")]
    NoSuch(u64),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    next: u64,
    changes: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    number: u64,
    change: Change,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            format: FORMAT,
            next: 1,
            changes: Vec::new(),
        }
    }
}

impl Staged {
    /// Those of a repository.
    #[must_use]
    pub fn of(home: &RepositoryHome) -> Self {
        Self {
            path: home.directory().join(FILE),
        }
    }

    /// All of them with their numbers, in order.
    ///
    /// # Errors
    /// Where the file can't be read, or is damaged.
    pub fn list(&self) -> Result<Vec<(u64, Change)>, StagedError> {
        let changes = self.read()?.changes.into_iter();
        Ok(changes.map(|entry| (entry.number, entry.change)).collect())
    }

    /// Adds changes after the others; returns their numbers.
    ///
    /// # Errors
    /// Where there is no room, or the file can't be written.
    pub fn add(&self, changes: &[Change]) -> Result<Vec<u64>, StagedError> {
        let mut content = self.read()?;
        if content.changes.len() + changes.len() > MOST_STAGED {
            return Err(StagedError::TooMany);
        }
        let mut numbers = Vec::new();
        for change in changes {
            let number = content.next;
            content.next = number.saturating_add(1);
            numbers.push(number);
            content.changes.push(Entry {
                number,
                change: change.clone(),
            });
        }
        self.write(&content)?;
        Ok(numbers)
    }

    /// Drops those of these numbers, each of which must be there.
    ///
    /// # Errors
    /// Where one is not, or the file can't be written.
    pub fn drop_numbers(&self, numbers: &[u64]) -> Result<(), StagedError> {
        let mut content = self.read()?;
        let known: BTreeSet<u64> = content.changes.iter().map(|entry| entry.number).collect();
        if let Some(unknown) = numbers.iter().find(|number| !known.contains(number)) {
            return Err(StagedError::NoSuch(*unknown));
        }
        content
            .changes
            .retain(|entry| !numbers.contains(&entry.number));
        self.write(&content)
    }

    /// Drops those of these numbers that are still there, since they are published.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn forget(&self, published: &[u64]) -> Result<(), StagedError> {
        if published.is_empty() {
            return Ok(());
        }
        let mut content = self.read()?;
        content
            .changes
            .retain(|entry| !published.contains(&entry.number));
        self.write(&content)
    }

    /// Drops all of them, readable or not.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn drop_all(&self) -> Result<(), StagedError> {
        let removed = file::remove_if_there(&self.path);
        removed.map(drop).map_err(|error| self.io(error))
    }

    fn read(&self) -> Result<Content, StagedError> {
        let read = file::read_if_there(&self.path, LONGEST);
        let Some(bytes) = read.map_err(|error| self.io(error))? else {
            return Ok(Content::default());
        };
        let damaged = |what: String| StagedError::Damaged {
            path: self.path.clone(),
            what,
        };
        let content: Content =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        match content.format {
            FORMAT => Ok(content),
            other => Err(damaged(format!("its format is {other}, not {FORMAT}"))),
        }
    }

    fn write(&self, content: &Content) -> Result<(), StagedError> {
        let mut bytes =
            serde_json::to_vec_pretty(content).map_err(|error| self.io(error.into()))?;
        bytes.push(b'\n');
        file::write_atomically(&self.path, &bytes, Access::Private).map_err(|e| self.io(e))
    }

    fn io(&self, source: io::Error) -> StagedError {
        StagedError::Io {
            path: self.path.clone(),
            source,
        }
    }
}
