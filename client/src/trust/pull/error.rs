use privyseal_tuf::{Expires, Tally};

use super::source::SourceError;
use crate::trust::home::HomeError;
use crate::trust::pins::PinError;
use crate::trust::reference::Gun;

/// Why a repository's metadata is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The server knows no such repository.
    #[error("there is no trust data of {0}")]
    NoTrustData(Gun),
    /// The server can't be asked, and nothing that is remembered may be used instead.
    #[error("the trust server can't be reached: {0}")]
    Unreachable(String),
    /// The server's answer is a no, or none that can be used.
    #[error("the trust server does not give its metadata")]
    Server(#[source] anyhow::Error),
    /// The server sends something else than what it was asked for.
    #[error("{0}")]
    Wrong(String),
    /// The root is not one that the pins allow.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The server shows a repository of another root than the known one.
    #[error(
        "the trust server shows another root (version {shown}) than the one that is known of {gun}, and no root that is known leads to it: the repository was made anew, or it is not the one it was"
    )]
    OtherRoot {
        /// The repository.
        gun: Gun,
        /// The version of the root that the server shows.
        shown: u64,
    },
    /// No key of the root has a certificate that may be the repository's.
    #[error("root has no certificate that may be a root of {gun}: {why}")]
    Certificates {
        /// The repository.
        gun: Gun,
        /// What is wrong with the last of them.
        why: String,
    },
    /// Too few of the role's keys signed.
    #[error("{role} has {tally}, by keys that are allowed to sign it")]
    BelowThreshold {
        /// The role.
        role: String,
        /// How many signed.
        tally: Box<Tally>,
    },
    /// A root that the one before it does not allow.
    #[error("root {version} has {tally}, by the keys of the root before it")]
    NotAllowed {
        /// The root's version.
        version: u64,
        /// How many signed.
        tally: Box<Tally>,
    },
    /// The time of the metadata is over.
    #[error("{role} expired at {expires}")]
    Expired {
        /// The role.
        role: String,
        /// When.
        expires: Expires,
    },
    /// An older version than was seen.
    #[error("{role} was rolled back: version {seen} was seen before, and this is version {shown}")]
    RolledBack {
        /// The role.
        role: String,
        /// The newest version that was seen.
        seen: u64,
        /// The version that the server shows.
        shown: u64,
    },
    /// Another content under a version that was seen.
    #[error("{role} was forked: another content was seen before under its version {version}")]
    Forked {
        /// The role.
        role: String,
        /// The version.
        version: u64,
    },
    /// The snapshot names it no more, and it is still delegated to.
    #[error(
        "{role} was there before, with version {seen}, and the snapshot does not name it any more"
    )]
    Dropped {
        /// The role.
        role: String,
        /// The newest version that was seen.
        seen: u64,
    },
    /// Not the file that was named.
    #[error("{role} is not the file that {named_by} names: {what}")]
    Mismatch {
        /// The role.
        role: String,
        /// Who names it.
        named_by: &'static str,
        /// What differs.
        what: &'static str,
    },
    /// A root of another version than was asked for.
    #[error("root {expected} was asked for, and the trust server sends version {found}")]
    RootVersion {
        /// The version that was asked for.
        expected: u64,
        /// The version that it has.
        found: u64,
    },
    /// Not metadata of the role.
    #[error("{role} can't be read: {why}")]
    Unreadable {
        /// The role.
        role: String,
        /// What is wrong.
        why: String,
    },
    /// More than this client follows.
    #[error("{0}")]
    TooMuch(String),
    /// What is remembered can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
}

/// What is wrong, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No repository of that name is known to the server.
    NoTrustData,
    /// Too few keys signed, or others than those that may.
    BelowThreshold,
    /// Metadata or a certificate is out of date.
    Expired,
    /// An older version, or another content of the same, than was seen.
    RolledBack,
    /// The root is another one than is pinned or known.
    PinMismatch,
    /// The server can't be reached.
    Unreachable,
    /// Metadata is damaged, or does not belong together.
    Invalid,
    /// Something else failed.
    Other,
}

impl PullError {
    /// What is wrong, for scripts.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NoTrustData(_) => Reason::NoTrustData,
            Self::Unreachable(_) => Reason::Unreachable,
            Self::Server(_) | Self::Home(_) => Reason::Other,
            Self::Pin(_) | Self::OtherRoot { .. } => Reason::PinMismatch,
            Self::BelowThreshold { .. } | Self::NotAllowed { .. } => Reason::BelowThreshold,
            Self::Expired { .. } => Reason::Expired,
            Self::RolledBack { .. } | Self::Forked { .. } | Self::Dropped { .. } => {
                Reason::RolledBack
            }
            Self::Wrong(_)
            | Self::Certificates { .. }
            | Self::Mismatch { .. }
            | Self::RootVersion { .. }
            | Self::Unreadable { .. }
            | Self::TooMuch(_) => Reason::Invalid,
        }
    }

    pub(super) fn unreadable(role: &str, why: impl ToString) -> Self {
        Self::Unreadable {
            role: role.to_owned(),
            why: why.to_string(),
        }
    }
}

impl From<SourceError> for PullError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Unreachable(why) => Self::Unreachable(why),
            SourceError::Wrong(why) => Self::Wrong(why),
            SourceError::Failed(error) => Self::Server(error),
        }
    }
}
