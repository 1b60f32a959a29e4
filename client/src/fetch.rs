//! Where a repository is read from, as its clients read it: a directory or a web server.

mod copies;
mod directory;
mod location;
mod web;

use std::io::Read;

pub use copies::Copies;
pub use location::{Location, NotALocation};

use web::Web;

/// The files of a repository. Whoever reads them is on a thread that may block; a web server is
/// asked by the runtime in which the source was opened.
#[derive(Debug)]
pub struct Source {
    metadata: Place,
    targets: Option<Place>,
    copies: Option<Copies>,
}

#[derive(Debug)]
enum Place {
    Directory(std::path::PathBuf),
    Web(Web),
}

/// A file that is being read.
pub struct Content {
    /// Its bytes from the first on.
    pub reader: Box<dyn Read + Send>,
    /// How many there will be, where that is said.
    pub length: Option<u64>,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It is not there.
    #[error("{place} is missing{detail}")]
    Missing {
        /// Path or URL.
        place: String,
        /// What was answered, where that is not plain.
        detail: String,
    },
    /// It goes on beyond what is read of it.
    #[error("{place} has more than {limit} bytes")]
    TooLong {
        /// Path or URL.
        place: String,
        /// How many bytes are read.
        limit: u64,
    },
    /// It may be there, and could not be read: this says nothing of the repository.
    #[error("cannot read {place}: {reason}")]
    Unreadable {
        /// Path or URL.
        place: String,
        /// Why.
        reason: String,
    },
}

impl Source {
    /// Metadata in one place, and target files, where they are read at all, in another.
    pub fn open(metadata: &Location, targets: Option<&Location>) -> anyhow::Result<Self> {
        Ok(Self {
            metadata: Place::open(metadata)?,
            targets: targets.map(Place::open).transpose()?,
            copies: None,
        })
    }

    /// The same files; what is read of them is kept.
    #[must_use]
    pub fn keeping(self, copies: Copies) -> Self {
        Self {
            copies: Some(copies),
            ..self
        }
    }

    /// Reads a metadata file of at most `limit` bytes.
    pub fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let bytes = match &self.metadata {
            Place::Directory(base) => directory::read(base, name, limit),
            Place::Web(web) => web.metadata(name, limit),
        }?;
        if let Some(copies) = &self.copies {
            copies.metadata(name, &bytes)?;
        }
        Ok(bytes)
    }

    /// Begins to read a target file, by its path below the targets directory.
    pub fn target(&self, name: &str) -> Result<Content, FetchError> {
        let content = match &self.targets {
            Some(Place::Directory(base)) => directory::open(base, name),
            Some(Place::Web(web)) => web.target(name),
            None => Err(missing(name, "")),
        }?;
        match &self.copies {
            Some(copies) => copies.target(name, content),
            None => Ok(content),
        }
    }

    /// How long a target file is, without reading it.
    pub fn target_length(&self, name: &str) -> Result<Option<u64>, FetchError> {
        match &self.targets {
            Some(Place::Directory(base)) => Ok(directory::open(base, name)?.length),
            Some(Place::Web(web)) => web.target_length(name),
            None => Err(missing(name, "")),
        }
    }

    /// How many files to read side by side: a disk keeps every core busy, a server is waited for.
    pub fn lanes(&self) -> usize {
        let is_web = |place: &Place| matches!(place, Place::Web(_));
        if is_web(&self.metadata) || self.targets.as_ref().is_some_and(is_web) {
            return 8;
        }
        std::thread::available_parallelism().map_or(1, |cores| cores.get().min(8))
    }
}

impl Place {
    fn open(location: &Location) -> anyhow::Result<Self> {
        Ok(match location {
            Location::Directory(path) => Self::Directory(path.clone()),
            Location::Web(url) => Self::Web(Web::open(url.clone())?),
        })
    }
}

fn missing(place: &str, detail: &str) -> FetchError {
    FetchError::Missing {
        place: place.to_owned(),
        detail: detail.to_owned(),
    }
}
