use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use bytes::Bytes;
use privyseal_tuf::Hashes;
use sha2::{Digest, Sha256, Sha512};

use super::fault::differs;
use crate::failure::Advice;
use crate::show::Progress;

/// A file that is to be published.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Where, relative to the destination.
    pub name: String,
    /// Bytes.
    pub length: u64,
    /// Of the content.
    pub hashes: Hashes,
    /// What is in it.
    pub content: Content,
}

/// Where the content of a file comes from.
#[derive(Clone, Debug)]
pub enum Content {
    /// From memory.
    Bytes(Bytes),
    /// From a file, which stays as it is.
    Copy(PathBuf),
    /// From a file that goes away after the publication, so that both may be one file.
    Give(PathBuf),
}

impl NewFile {
    /// A file with this content.
    pub fn of_bytes(name: String, bytes: Bytes) -> Self {
        Self {
            name,
            length: bytes.len() as u64,
            hashes: Hashes::sha256_of(&bytes),
            content: Content::Bytes(bytes),
        }
    }

    /// Opens the content. What is read must still be checked.
    pub(super) fn open(&self) -> anyhow::Result<Box<dyn Read + '_>> {
        match &self.content {
            Content::Bytes(bytes) => Ok(Box::new(&**bytes)),
            Content::Copy(path) | Content::Give(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(self.unreadable(&error).into()),
            },
        }
    }

    /// Writes the content, and checks that it is the one that was promised.
    pub(super) fn write_to(&self, to: &mut dyn Write, progress: &Progress) -> anyhow::Result<()> {
        let mut check = self.check();
        check.copy(&mut self.open()?, to, progress)?;
        if check.holds() {
            Ok(())
        } else {
            Err(differs(self).into())
        }
    }

    /// The whole content, checked; for files that fit into memory.
    pub(super) fn read(&self) -> anyhow::Result<Bytes> {
        if let Content::Bytes(bytes) = &self.content {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or(0));
        self.write_to(&mut bytes, &Progress::none())?;
        Ok(bytes.into())
    }

    /// Whether a stream has this very content.
    pub(super) fn is_content_of(&self, from: &mut dyn Read) -> io::Result<bool> {
        let mut check = self.check();
        check.copy(from, &mut io::sink(), &Progress::none())?;
        Ok(check.holds())
    }

    /// Begins to hold bytes against the promised content.
    pub(super) fn check(&self) -> Check<'_> {
        let hashers = self.hashes.iter().filter_map(|(name, digest)| {
            let hasher = match name {
                "sha256" => Hasher::Sha256(Sha256::new()),
                "sha512" => Hasher::Sha512(Sha512::new()),
                _ => return None,
            };
            Some((hasher, digest))
        });
        Check {
            missing: i128::from(self.length),
            hashers: hashers.collect(),
        }
    }

    fn unreadable(&self, error: &io::Error) -> Advice {
        Advice::failed(
            format!("the content of {} can't be read: {error}", self.name),
            "for a target that is not published yet, add the file again with `privyseal repo add`; else restore it from a copy",
        )
    }
}

/// Bytes that are held against length and hashes as they pass.
pub(super) struct Check<'a> {
    missing: i128,
    hashers: Vec<(Hasher, &'a str)>,
}

enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Check<'_> {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.missing -= bytes.len() as i128;
        for (hasher, _) in &mut self.hashers {
            match hasher {
                Hasher::Sha256(hasher) => hasher.update(bytes),
                Hasher::Sha512(hasher) => hasher.update(bytes),
            }
        }
    }

    /// Whether the bytes were the promised ones. Without any hash that is known, nothing is.
    pub(super) fn holds(self) -> bool {
        let known = !self.hashers.is_empty();
        let mut same = self.hashers.into_iter().map(|(hasher, digest)| {
            let found = match hasher {
                Hasher::Sha256(hasher) => hex::encode(hasher.finalize()),
                Hasher::Sha512(hasher) => hex::encode(hasher.finalize()),
            };
            digest.eq_ignore_ascii_case(&found)
        });
        self.missing == 0 && known && same.all(|same| same)
    }

    fn copy(
        &mut self,
        from: &mut dyn Read,
        to: &mut dyn Write,
        progress: &Progress,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from.read(&mut buffer)?;
            let chunk = buffer.get(..read).unwrap_or_default();
            if chunk.is_empty() {
                return Ok(());
            }
            self.update(chunk);
            to.write_all(chunk)?;
            progress.advance(chunk.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(hashes: Hashes) -> NewFile {
        NewFile {
            hashes,
            ..NewFile::of_bytes("targets/x".to_owned(), Bytes::from_static(b"content"))
        }
    }

    #[test]
    fn every_listed_hash_and_the_length_must_fit() {
        for hashes in [
            Hashes::sha256_of(b"content"),
            Hashes::sha256_and_sha512_of(b"content"),
        ] {
            let file = file(hashes);
            assert!(file.is_content_of(&mut &b"content"[..]).unwrap());
            for other in [&b"contend"[..], b"conten", b"contents", b""] {
                assert!(!file.is_content_of(&mut &*other).unwrap());
            }
        }
        let mut short = file(Hashes::sha256_of(b"content"));
        short.length = 6;
        assert!(!short.is_content_of(&mut &b"content"[..]).unwrap());
    }

    #[test]
    fn a_source_that_changed_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("source");
        std::fs::write(&path, "contend").unwrap();
        let file = NewFile {
            content: Content::Copy(path),
            ..file(Hashes::sha256_of(b"content"))
        };
        let error = file.read().unwrap_err().to_string();
        assert!(error.contains("another content"), "{error}");
    }
}
