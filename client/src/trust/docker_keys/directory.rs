use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::KeyFileError;
use super::file::KeyFile;

/// The keys of a user of docker or notary: `private/` in `~/.docker/trust` or `~/.notary`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDirectory {
    trust: PathBuf,
}

/// Older versions of notary kept keys in directories named after repositories.
const MAX_DEPTH: usize = 16;

/// More files than a person has keys.
const MAX_FILES: usize = 10_000;

impl KeyDirectory {
    /// Of a trust directory.
    #[must_use]
    pub fn of(trust: &Path) -> Self {
        Self {
            trust: trust.to_owned(),
        }
    }

    /// Whether there are keys at all.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.trust.join("private").is_dir()
    }

    /// The trust directory.
    #[must_use]
    pub fn trust(&self) -> &Path {
        &self.trust
    }

    /// What the user last saw of a role of a repository: `tuf/GUN/metadata/ROLE.json`.
    #[must_use]
    pub fn metadata(&self, gun: &str, role: &str) -> PathBuf {
        let metadata = self.trust.join("tuf").join(gun).join("metadata");
        metadata.join(format!("{role}.json"))
    }

    /// The files of private keys, sorted by path; each that can't be read has its error in its place.
    ///
    /// # Errors
    /// Where a directory can't be read.
    pub fn keys(&self) -> io::Result<Vec<Result<KeyFile, KeyFileError>>> {
        let mut paths = Vec::new();
        collect(&self.trust.join("private"), 0, &mut paths)?;
        paths.sort();
        Ok(paths.iter().map(|path| KeyFile::read(path)).collect())
    }
}

fn collect(directory: &Path, depth: usize, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if depth < MAX_DEPTH {
                collect(&path, depth + 1, into)?;
            }
        } else if path.extension().is_some_and(|it| it == "key") {
            into.push(path);
        }
        if into.len() > MAX_FILES {
            return Err(io::Error::other(format!("more than {MAX_FILES} key files")));
        }
    }
    Ok(())
}
