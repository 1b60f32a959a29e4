use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use privyseal_tuf::{Hashes, Sha256Digest, Target};
use sha2::{Digest, Sha256};

use crate::file::{self, Access};
use crate::show::Progress;

/// Copies of target files under their SHA-256, made when a file is added: a source that changes
/// later changes nothing here.
#[derive(Clone, Debug)]
pub struct Staging {
    directory: PathBuf,
}

/// A file by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// Bytes.
    pub length: u64,
    /// Of the content.
    pub sha256: Sha256Digest,
}

impl StagedFile {
    /// As it stands in targets metadata.
    pub fn target(&self) -> Target {
        Target {
            length: self.length,
            hashes: Hashes::from(self.sha256),
            custom: None,
        }
    }
}

impl Staging {
    /// The copies in a directory, which is made with the first.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Copies a file.
    pub fn add(&self, source: &Path, progress: &Progress) -> anyhow::Result<StagedFile> {
        let copy = || {
            fs::create_dir_all(&self.directory)?;
            let mut from = File::open(source)?;
            let mut to = file::temporary_for(&self.directory.join("new"), Access::Private)?;
            let staged = copy_hashing(&mut from, to.as_file_mut(), progress)?;
            file::persist(to, &self.path(&staged.sha256))?;
            Ok::<_, io::Error>(staged)
        };
        copy().with_context(|| format!("cannot add {}", source.display()))
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
}

/// Copies a stream and says what it was.
pub(super) fn copy_hashing(
    from: &mut dyn Read,
    to: &mut dyn Write,
    progress: &Progress,
) -> io::Result<StagedFile> {
    let mut hasher = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 17];
    loop {
        let read = from.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        hasher.update(chunk);
        to.write_all(chunk)?;
        length += chunk.len() as u64;
        progress.advance(chunk.len() as u64);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok(StagedFile {
        length,
        sha256: digest.into(),
    })
}
