//! What this user knows of each repository: which root it began to trust, the chain of roots since,
//! and the newest metadata that it saw, which is its memory against rollback and its cache.

mod error;
mod index;
mod memory;
mod name;
mod repository;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use etcetera::BaseStrategy;

use super::reference::Gun;

pub use error::HomeError;
pub use memory::{Kept, Memory, TrustedBy, TrustedSince};
pub use repository::{Locked, RepositoryHome};

/// The environment variable that names another directory.
pub const TRUST_VARIABLE: &str = "PRIVYSEAL_TRUST_DIR";

/// The directory of all repositories: `$XDG_STATE_HOME/privyseal/trust/`, readable by the user
/// alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    directory: PathBuf,
}

impl Home {
    /// The user's own, or the one that `PRIVYSEAL_TRUST_DIR` names.
    ///
    /// # Errors
    /// Where the user has no home directory.
    pub fn of_user() -> Result<Self, HomeError> {
        if let Some(directory) = env::var_os(TRUST_VARIABLE).filter(|text| !text.is_empty()) {
            return Ok(Self::at(directory.into()));
        }
        let base = etcetera::choose_base_strategy().map_err(|_| HomeError::NoHome)?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self::at(state.join("privyseal").join("trust")))
    }

    /// One in another directory, which is made when it is first written to.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is known of one repository.
    pub fn repository(&self, gun: &Gun) -> RepositoryHome {
        RepositoryHome::new(&self.directory, gun)
    }

    /// The names of the repositories that something is known of, sorted.
    ///
    /// # Errors
    /// Where the directory or the index of a repository can't be read.
    pub fn repositories(&self) -> Result<Vec<Gun>, HomeError> {
        let read = |source| HomeError::io(&self.directory, source);
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(read(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(RepositoryHome::name_in(&entry.map_err(read)?.path())?);
        }
        names.sort();
        Ok(names)
    }
}
