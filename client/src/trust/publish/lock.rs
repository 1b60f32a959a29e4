use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use super::{PublishError, Publisher};

/// Keeps this user's other processes from publishing the same repository, until it is dropped.
#[derive(Debug)]
pub struct PublishLock {
    _file: File,
}

impl Publisher<'_> {
    /// Waits until no other process of this user publishes the repository or changes what is staged,
    /// and keeps others out.
    ///
    /// # Errors
    /// Where the lock can't be had.
    pub fn lock(&self) -> Result<PublishLock, PublishError> {
        // Its lock is released at once; it makes the directory.
        drop(self.home.lock()?);
        let path = self.home.directory().join("publish.lock");
        let failed = |source: io::Error| PublishError::Io {
            path: path.clone(),
            source,
        };
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(PublishLock { _file: file })
    }
}
