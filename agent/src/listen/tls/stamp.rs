//! Whether files changed since they were read, without reading them.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use super::material;
use crate::config::ListenSection;

/// What the system says of each file of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamps(Vec<Option<Stamp>>);

/// A file that was written or replaced differs in one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamps {
    /// Now.
    pub(super) fn of(section: &ListenSection) -> Self {
        let key = material::key_path(section).ok().map(|(path, _)| path);
        let files = [&section.certificate, &section.client_ca].into_iter();
        let files = files.chain(&section.crl).chain(&key);
        Self(files.map(|path| stamp(path)).collect())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    Some(Stamp {
        device: found.dev(),
        inode: found.ino(),
        size: found.size(),
        modified: (found.mtime(), found.mtime_nsec()),
        changed: (found.ctime(), found.ctime_nsec()),
    })
}
