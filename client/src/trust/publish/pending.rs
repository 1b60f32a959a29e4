use std::io;
use std::path::PathBuf;

use privyseal_tuf::Document;
use privyseal_tuf::json::MAX_BYTES;

use super::PublishError;
use crate::file::{self, Access};
use crate::trust::home::RepositoryHome;

/// A root that is being signed. Agents sign one content under a root's version, so it is kept until
/// it is published.
#[derive(Clone, Debug)]
pub struct PendingRoot {
    path: PathBuf,
}

const FILE: &str = "root.begun.json";

impl PendingRoot {
    /// That of a repository.
    #[must_use]
    pub fn of(home: &RepositoryHome) -> Self {
        Self {
            path: home.directory().join(FILE),
        }
    }

    /// The root with the signatures that it has so far, where one was begun.
    ///
    /// # Errors
    /// Where the file can't be read, or is damaged.
    pub fn read(&self) -> Result<Option<Document>, PublishError> {
        let read = file::read_if_there(&self.path, MAX_BYTES as u64);
        let Some(bytes) = read.map_err(|error| self.io(error))? else {
            return Ok(None);
        };
        let document = Document::parse(&bytes).map_err(|error| PublishError::Damaged {
            path: self.path.clone(),
            what: error.to_string(),
        });
        document.map(Some)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write(&self, root: &Document) -> Result<(), PublishError> {
        file::write_atomically(&self.path, &root.to_bytes(), Access::Private)
            .map_err(|error| self.io(error))
    }

    /// Drops it.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn clear(&self) -> Result<(), PublishError> {
        let removed = file::remove_if_there(&self.path);
        removed.map(drop).map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> PublishError {
        PublishError::Io {
            path: self.path.clone(),
            source,
        }
    }
}
