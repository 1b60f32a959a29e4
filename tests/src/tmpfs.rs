//! A small disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::require;

/// A tmpfs that is mounted until it is dropped.
#[derive(Debug)]
pub struct Tmpfs {
    directory: PathBuf,
}

impl Tmpfs {
    /// Mounts one of this many bytes on a new directory. Says that the test is skipped where it
    /// can't be mounted.
    #[must_use]
    pub fn mount(directory: &Path, bytes: u64) -> Option<Self> {
        if !require::root() {
            return None;
        }
        std::fs::create_dir_all(directory).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=0700")])
            .arg("privyseal-test")
            .arg(directory)
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            require::skip("no tmpfs can be mounted here");
            return None;
        }
        Some(Self {
            directory: directory.to_owned(),
        })
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let status = Command::new("umount")
            .arg("-l")
            .arg(&self.directory)
            .status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.directory.display());
        }
    }
}
