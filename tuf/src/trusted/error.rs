use crate::{BelowThreshold, DocumentError, Expires, RoleType, ViewError};

/// Why a repository is not to be trusted. The role is that of the file that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a metadata document.
    #[error("{role}: {error}")]
    Document {
        /// The role.
        role: RoleType,
        /// Why.
        error: DocumentError,
    },
    /// Not valid metadata of its role.
    #[error("{role}: {error}")]
    View {
        /// The role.
        role: RoleType,
        /// Why.
        error: ViewError,
    },
    /// Not signed by enough keys of a root.
    #[error("{role}: {error} (keys of root version {by_version})")]
    Threshold {
        /// The role.
        role: RoleType,
        /// Version of the root whose keys must sign.
        by_version: u64,
        /// Who signed and who did not.
        error: BelowThreshold,
    },
    /// Not the version that follows, or that the file above names.
    #[error("{role}: version {found}, where version {expected} was to come")]
    Version {
        /// The role.
        role: RoleType,
        /// The only right version.
        expected: u64,
        /// The file's version.
        found: u64,
    },
    /// An older version than was trusted before.
    #[error("{role}: version {found} is older than version {trusted}, which was trusted before")]
    Rollback {
        /// The role.
        role: RoleType,
        /// What was trusted.
        trusted: u64,
        /// What came.
        found: u64,
    },
    /// Expired.
    #[error("{role}: expired at {expires}")]
    Expired {
        /// The role.
        role: RoleType,
        /// When.
        expires: Expires,
    },
    /// Another length or hash than the file above names.
    #[error("{0}: the file's length or hash is not the one that was vouched for")]
    Content(RoleType),
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
    /// The files were given in another order than the specification's.
    #[error("given out of order: {0}")]
    Order(&'static str),
}
