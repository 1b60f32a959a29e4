use std::fmt;

use crate::{BelowThreshold, DocumentError, Expires, Role, RoleName, ViewError};

/// Why a repository is not to be trusted. The role is that of the file that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a metadata document.
    #[error("{role}: {error}")]
    Document {
        /// The role.
        role: Role,
        /// Why.
        error: DocumentError,
    },
    /// Not valid metadata of its role.
    #[error("{role}: {error}")]
    View {
        /// The role.
        role: Role,
        /// Why.
        error: ViewError,
    },
    /// Not signed by enough of the keys that the role has.
    #[error("{role}: {error} ({by})")]
    Threshold {
        /// The role.
        role: Role,
        /// Who says which keys those are.
        by: Authority,
        /// Who signed and who did not.
        error: BelowThreshold,
    },
    /// Not the version that follows, or that the file above names.
    #[error("{role}: version {found}, where version {expected} was to come")]
    Version {
        /// The role.
        role: Role,
        /// The only right version.
        expected: u64,
        /// The file's version.
        found: u64,
    },
    /// An older version than was trusted before.
    #[error("{role}: version {found} is older than version {trusted}, which was trusted before")]
    Rollback {
        /// The role.
        role: Role,
        /// What was trusted.
        trusted: u64,
        /// What came.
        found: u64,
    },
    /// Expired.
    #[error("{role}: expired at {expires}")]
    Expired {
        /// The role.
        role: Role,
        /// When.
        expires: Expires,
    },
    /// Another length or hash than the file above names.
    #[error("{0}: the file's length or hash is not the one that was vouched for")]
    Content(Role),
    /// An entry of the trusted snapshot is not in the new one.
    #[error("snapshot: {0} is no longer listed")]
    EntryGone(String),
    /// An entry of the snapshot went back.
    #[error("snapshot: {name} went back from version {trusted} to version {found}")]
    EntryLower {
        /// The entry.
        name: String,
        /// The trusted version.
        trusted: u64,
        /// The new version.
        found: u64,
    },
    /// Somebody delegates to a role that the snapshot does not name.
    #[error("{role}: the snapshot does not list it, and {delegator} delegates to it")]
    NotListed {
        /// The delegated role.
        role: RoleName,
        /// Who delegates to it.
        delegator: Role,
    },
    /// Bins that the snapshot does not name.
    #[error("{first}: the snapshot lists {listed} of the {bins} bins of {delegator}, and not this")]
    MissingBins {
        /// The first bin that is not there.
        first: RoleName,
        /// Who delegates to the bins.
        delegator: Role,
        /// How many are there.
        listed: u64,
        /// How many there must be.
        bins: u64,
    },
    /// More delegations than are followed.
    #[error("{delegator}: more than {most} delegations in all: the rest is not followed")]
    TooManyDelegations {
        /// Whose delegations were not followed to their end.
        delegator: Role,
        /// So many are followed.
        most: usize,
    },
    /// The files were given in another order than the specification's.
    #[error("given out of order: {0}")]
    Order(&'static str),
}

/// Who says which keys a role has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The root of this version.
    Root(u64),
    /// Another role, by delegating to it.
    Delegator {
        /// The role.
        role: Role,
        /// The version of its metadata.
        version: u64,
    },
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(version) => write!(f, "keys of root version {version}"),
            Self::Delegator { role, version } => {
                write!(f, "keys of the delegation by {role} version {version}")
            }
        }
    }
}
