//! The end of the last segment, where records are added.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    disk::{self, Disk},
    segment,
};
use crate::LedgerError;

/// The segment that is written to.
pub(super) struct Tip {
    pub(super) number: u64,
    pub(super) path: Arc<PathBuf>,
    pub(super) file: Arc<File>,
    /// Where the next frame goes.
    pub(super) end: u64,
    /// Length of the file in bytes, zeros included.
    pub(super) length: u64,
}

/// Why frames could not be added.
pub(super) enum Trouble {
    /// There is no room for them; nothing was written.
    NoRoom,
    /// A write or a sync failed: what stands behind `end` is unknown from now on.
    Broken,
}

impl Tip {
    /// Checks that the open file is still the ledger's: a file that was unlinked or replaced would
    /// take records that nobody finds again.
    pub(super) fn check_in_place(&self) -> Result<(), LedgerError> {
        let failed = |what: &str| LedgerError::Failed {
            what: format!("{} {what}", self.path.display()),
            source: None,
        };
        let io = |error| LedgerError::io(&*self.path, "cannot examine", error);
        let open = self.file.metadata().map_err(io)?;
        let named = match fs::metadata(&*self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(failed(
                    "was removed while the agent was running; put it back",
                ));
            }
            named => named.map_err(io)?,
        };
        if (open.dev(), open.ino()) != (named.dev(), named.ino()) {
            return Err(failed(
                "was replaced while the agent was running; put the file back",
            ));
        }
        if open.len() < self.length {
            return Err(failed(
                "was cut while the agent was running; restore it from a copy",
            ));
        }
        Ok(())
    }

    /// Adds frames and makes them durable.
    pub(super) fn add(&mut self, disk: &dyn Disk, frames: &[u8]) -> Result<(), Trouble> {
        let end = self.end + frames.len() as u64;
        let length = segment::allocation(end);
        if length > self.length {
            disk::extend(disk, &self.file, self.length, length).map_err(|error| {
                if crate::error::is_full(&error) {
                    Trouble::NoRoom
                } else {
                    Trouble::Broken
                }
            })?;
            self.length = length;
        }
        disk::write_durably(disk, &self.file, frames, self.end).map_err(|_| Trouble::Broken)?;
        self.end = end;
        Ok(())
    }

    /// Begins a new segment with `frames` and reads them back from it.
    pub(super) fn create(
        disk: &dyn Disk,
        dir: &Path,
        header: &segment::Header,
        frames: &[u8],
    ) -> io::Result<Self> {
        let path = segment::path(dir, header.number);
        let (file, length) = segment::create(disk, dir, header, frames)?;
        let written = [&header.encode(), frames].concat();
        let mut read = vec![0; written.len()];
        File::open(&path)?.read_exact_at(&mut read, 0)?;
        if read != written {
            return Err(io::Error::other(
                "what was written reads back as something else",
            ));
        }
        let end = written.len() as u64;
        Ok(Self {
            number: header.number,
            path: path.into(),
            file: file.into(),
            end,
            length,
        })
    }

    /// Makes a replayed end as sure as one that was written by this process: the last batch may
    /// stand in the system's cache alone, since the agent before ended, or its sync failed, before
    /// it was on the disk. It is written again, torn bytes are zeroed, and all of it is synced
    /// before a later batch would vouch for it.
    pub(super) fn settle(&self, disk: &dyn Disk, last_batch: u64, torn: u64) -> io::Result<()> {
        let mut batch = vec![0; self.end.saturating_sub(last_batch) as usize];
        self.file.read_exact_at(&mut batch, last_batch)?;
        disk::write_all(disk, &self.file, &batch, last_batch)?;
        disk::write_zeros(disk, &self.file, self.end, self.end + torn)?;
        disk.sync_data(&self.file)
    }
}
