use std::io;
use std::path::{Path, PathBuf};

/// Why what is known of a repository could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no home directory.
    #[error(
        "this user has no home directory to remember repositories in: set HOME or XDG_STATE_HOME"
    )]
    NoHome,
    /// The file system's answer.
    #[error("cannot use {path}, where this client remembers what it trusts: {source}")]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The files are not what this client wrote.
    #[error(
        "{path} does not hold what this client writes there ({what}): restore it; or remove the directory it is in, and compare the root key with what you know when the repository is next trusted"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// More than any repository needs.
    #[error("{what}: this client remembers at most {limit}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The bound, with its unit.
        limit: String,
    },
}

impl HomeError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn damaged(path: &Path, what: impl ToString) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}
