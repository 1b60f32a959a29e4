use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Content, FetchError};

/// Where what is read is kept, byte by byte, under the names that it has at the source.
#[derive(Clone, Debug)]
pub struct Copies {
    /// For metadata.
    pub metadata: PathBuf,
    /// For target files.
    pub targets: PathBuf,
    /// Once this is true, nothing more is read.
    pub given_up: Arc<AtomicBool>,
}

impl Copies {
    pub(super) fn metadata(&self, name: &str, bytes: &[u8]) -> Result<(), FetchError> {
        self.refuse_given_up(name)?;
        fs::write(self.metadata.join(name), bytes).map_err(|error| unreadable(name, &error))
    }

    pub(super) fn target(&self, name: &str, content: Content) -> Result<Content, FetchError> {
        self.refuse_given_up(name)?;
        let path = self.targets.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        let to = made.and_then(|()| File::create(&path));
        let reader = Tee {
            from: content.reader,
            to: to.map_err(|error| unreadable(name, &error))?,
            given_up: Arc::clone(&self.given_up),
        };
        Ok(Content {
            reader: Box::new(reader),
            ..content
        })
    }

    fn refuse_given_up(&self, name: &str) -> Result<(), FetchError> {
        match self.given_up.load(Ordering::Relaxed) {
            true => Err(unreadable(name, &given_up())),
            false => Ok(()),
        }
    }
}

/// Writes what is read from it.
struct Tee {
    from: Box<dyn Read + Send>,
    to: File,
    given_up: Arc<AtomicBool>,
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given_up.load(Ordering::Relaxed) {
            return Err(given_up());
        }
        let read = self.from.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.to
            .write_all(bytes)
            .map_err(|error| not_copied(&error))?;
        Ok(read)
    }
}

fn unreadable(name: &str, error: &io::Error) -> FetchError {
    FetchError::Unreadable {
        place: name.to_owned(),
        reason: not_copied(error).to_string(),
    }
}

fn not_copied(error: &io::Error) -> io::Error {
    io::Error::other(format!("its copy can't be written: {error}"))
}

fn given_up() -> io::Error {
    io::Error::other("it was given up")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Location, Source};

    fn copies(base: &std::path::Path) -> Copies {
        let at = |name: &str| {
            let path = base.join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        Copies {
            metadata: at("metadata"),
            targets: at("targets"),
            given_up: Arc::default(),
        }
    }

    fn source(base: &std::path::Path) -> Source {
        fs::create_dir_all(base.join("t/a")).unwrap();
        fs::write(base.join("1.root.json"), "root").unwrap();
        fs::write(base.join("t/a/b"), "target").unwrap();
        let at = |path: PathBuf| Location::Directory(path);
        Source::open(&at(base.to_owned()), Some(&at(base.join("t")))).unwrap()
    }

    #[test]
    fn what_is_read_is_kept() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copies = copies(to.path());
        let source = source(from.path()).keeping(copies);
        source.metadata("1.root.json", 10).unwrap();
        assert!(source.metadata("2.root.json", 10).is_err());
        let mut bytes = Vec::new();
        let mut content = source.target("a/b").unwrap();
        content.reader.read_to_end(&mut bytes).unwrap();
        let kept = |name: &str| fs::read(to.path().join(name)).ok();
        assert_eq!(kept("metadata/1.root.json").unwrap(), b"root");
        assert_eq!(kept("metadata/2.root.json"), None);
        assert_eq!(kept("targets/a/b").unwrap(), b"target");
        assert_eq!(bytes, b"target");
    }

    #[test]
    fn nothing_is_read_any_more_once_it_was_given_up() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copies = copies(to.path());
        let given_up = Arc::clone(&copies.given_up);
        let source = source(from.path()).keeping(copies);
        let mut content = source.target("a/b").unwrap();
        given_up.store(true, Ordering::Relaxed);
        assert!(content.reader.read(&mut [0; 4]).is_err());
        assert!(source.target("a/b").is_err());
        assert!(source.metadata("1.root.json", 10).is_err());
    }

    #[test]
    fn a_copy_that_can_not_be_written_is_an_error() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copies = copies(to.path());
        fs::remove_dir(&copies.metadata).unwrap();
        let source = source(from.path()).keeping(copies);
        let error = source.metadata("1.root.json", 10).unwrap_err().to_string();
        assert!(error.contains("copy can't be written"), "{error}");
    }
}
