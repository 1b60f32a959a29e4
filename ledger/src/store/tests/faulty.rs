//! A disk that fails when it is told to.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex},
};

use crate::store::disk::{Disk, System};

/// What goes wrong, and how often.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Writes take at most so many bytes at a time.
    pub(super) short: Option<usize>,
    /// So many syncs fail with EIO.
    pub(super) failing_syncs: usize,
    /// So many writes fail with EIO after half of their bytes.
    pub(super) failing_writes: usize,
    /// Files can be lengthened so many times more; none is no limit. After that their length can
    /// be set, as on a real file system, but zeros find no room.
    pub(super) extensions: Option<usize>,
    pub(super) full: bool,
    /// Writes store something else than they were given.
    pub(super) lying: bool,
}

/// A real disk under a plan that the test changes as it goes.
#[derive(Clone, Default)]
pub(super) struct Faulty(Arc<Mutex<Plan>>);

impl Faulty {
    pub(super) fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.0.lock().unwrap());
    }
}

fn take(count: &mut usize) -> bool {
    let left = *count > 0;
    *count = count.saturating_sub(1);
    left
}

impl Disk for Faulty {
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut plan = self.0.lock().unwrap();
        if bytes[0] == 0 && plan.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if take(&mut plan.failing_writes) {
            System.write_at(file, &bytes[..bytes.len() / 2], offset)?;
            return Err(io::Error::from_raw_os_error(5));
        }
        if plan.lying {
            let lie: Vec<_> = bytes.iter().map(|byte| byte ^ 0x10).collect();
            return System.write_at(file, &lie, offset);
        }
        let length = plan.short.unwrap_or(usize::MAX).min(bytes.len());
        System.write_at(file, &bytes[..length], offset)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        let mut plan = self.0.lock().unwrap();
        if take(&mut plan.failing_syncs) {
            return Err(io::Error::from_raw_os_error(5));
        }
        System.sync_data(file)
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        let mut plan = self.0.lock().unwrap();
        if length > file.metadata()?.len() {
            plan.full = plan.extensions == Some(0);
            plan.extensions = plan.extensions.map(|left| left.saturating_sub(1));
        }
        System.set_len(file, length)
    }
}
