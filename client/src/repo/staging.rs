use std::cell::RefCell;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::{Hashes, Sha256Digest, Target};

use crate::failure::Advice;
use crate::file::{self, Access, Copied, Durable, copy_hashing};
use crate::show::{Progress, escape};

/// Copies of target files under their SHA-256, made when a file is added: a source that changes
/// later changes nothing here.
#[derive(Debug)]
pub struct Staging {
    directory: PathBuf,
    unsettled: RefCell<Durable>,
}

/// A file by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagedFile(Copied);

impl StagedFile {
    /// As it stands in targets metadata.
    pub fn target(&self) -> Target {
        Target {
            length: self.0.length,
            hashes: Hashes::from(self.0.sha256),
            custom: None,
        }
    }
}

impl Staging {
    /// The copies in a directory, which is made with the first.
    pub fn at(directory: PathBuf) -> Self {
        Self {
            directory,
            unsettled: RefCell::default(),
        }
    }

    /// Copies a file. It is not durable before [`settle`](Self::settle). A file that changes
    /// meanwhile is an error: half of it would be old.
    pub fn add(&self, source: &Path, progress: &Progress) -> anyhow::Result<StagedFile> {
        let adding = || format!("cannot add {}", escape(&source.display().to_string()));
        self.make_directory().with_context(adding)?;
        let mut from = File::open(source).with_context(adding)?;
        let before = from.metadata().with_context(adding)?;
        let mut to = file::temporary_in(&self.directory, Access::Public).with_context(adding)?;
        let copied = copy_hashing(&mut from, to.as_file_mut(), progress).with_context(adding)?;
        let after = from.metadata().with_context(adding)?;
        if state(&before) != state(&after) || copied.length != after.len() {
            return Err(changing(source).into());
        }
        let path = self.path(&copied.sha256);
        if !fs::metadata(&path).is_ok_and(|there| there.len() == copied.length) {
            to.persist(&path)
                .map_err(|error| error.error)
                .with_context(adding)?;
        }
        let mut unsettled = self.unsettled.borrow_mut();
        unsettled.add(&path);
        unsettled.add(&self.directory);
        Ok(StagedFile(copied))
    }

    /// Makes all copies durable. A document that names them may be written after this.
    pub fn settle(&self) -> anyhow::Result<()> {
        let settled = self.unsettled.take().sync(&self.directory);
        settled.with_context(|| format!("cannot write {}", self.directory.display()))
    }

    /// Where the copy of a content is, or would be.
    pub fn path(&self, sha256: &Sha256Digest) -> PathBuf {
        self.directory.join(sha256.to_string())
    }

    /// Removes all copies.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What is not published yet is for its owner; the copies themselves have the mode that they
    /// will be published with.
    fn make_directory(&self) -> io::Result<()> {
        if self.directory.is_dir() {
            return Ok(());
        }
        file::make_directory(file::directory_of(&self.directory))?;
        DirBuilder::new().mode(0o700).create(&self.directory)
    }
}

/// What changes with every write to a file.
fn state(found: &Metadata) -> (u64, i64, i64) {
    (found.len(), found.mtime(), found.mtime_nsec())
}

fn changing(source: &Path) -> Advice {
    Advice::failed(
        format!(
            "{} changed while it was read: it was not added",
            escape(&source.display().to_string())
        ),
        "wait until what writes it has finished, then add it again",
    )
}

#[cfg(test)]
mod tests;
