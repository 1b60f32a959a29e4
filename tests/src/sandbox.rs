//! A directory for one test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::Builder;

/// A temporary directory, removed on drop. It is kept and named when the test fails, or where
/// `PRIVYSEAL_KEEP` is set.
#[derive(Debug)]
pub struct Sandbox {
    directory: PathBuf,
}

impl Sandbox {
    /// A new, empty one. Its path is short: a socket's path is limited to 108 bytes.
    #[must_use]
    #[allow(clippy::new_without_default)] // it makes a directory
    pub fn new() -> Self {
        let directory = Builder::new().prefix("ps-").tempdir_in("/tmp").unwrap();
        Self {
            directory: directory.keep(),
        }
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// A path inside.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(path)
    }

    /// A new directory inside.
    #[must_use]
    pub fn directory(&self, name: &str) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Writes a file inside, with the directories that it needs.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("PRIVYSEAL_KEEP").is_some() {
            eprintln!("kept: {}", self.directory.display());
        } else {
            drop(fs::remove_dir_all(&self.directory));
        }
    }
}
