use std::io;

use tempfile::TempDir;

use super::known_before::trust_what_was_known;
use crate::trust::docker_keys::KeyDirectory;
use crate::trust::home::{Home, HomeError, RepositoryHome};

/// A memory of a repository beside the user's own: what is looked at there is not trusted from then
/// on, unless it is kept.
#[derive(Debug)]
pub struct Rehearsal {
    _directory: TempDir,
    home: RepositoryHome,
    /// The version of the root that docker or notary knew, where this client knew none.
    pub known: Option<u64>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// No place for it.
    #[error("there is no room for temporary files: {0}")]
    Io(#[from] io::Error),
    /// What is remembered can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl Rehearsal {
    /// Begins with what the user knows; where that is nothing, with what docker or notary knew.
    ///
    /// # Errors
    /// Where files can't be read or written.
    pub fn begin(
        own: &RepositoryHome,
        directories: &[KeyDirectory],
        now: i64,
    ) -> Result<Self, RehearsalError> {
        let directory = tempfile::tempdir()?;
        let home = Home::at(directory.path().join("trust")).repository(own.gun());
        if let Some(memory) = own.recall()? {
            home.lock()?.remember(&memory)?;
        }
        let known = trust_what_was_known(directories, &home, now)?;
        Ok(Self {
            _directory: directory,
            home,
            known,
        })
    }

    /// The memory.
    #[must_use]
    pub fn home(&self) -> &RepositoryHome {
        &self.home
    }

    /// Keeps what was seen as the user's own memory, where there is none.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn keep(&self, own: &RepositoryHome) -> Result<(), HomeError> {
        let lock = own.lock()?;
        match (lock.recall()?, self.home.recall()?) {
            (None, Some(seen)) => lock.remember(&seen),
            _ => Ok(()),
        }
    }
}
