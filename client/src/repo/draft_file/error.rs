use privyseal_tuf::json::JsonError;
use privyseal_tuf::{DocumentError, RoleNameError, Sha256Digest, ViewError};

/// Why a file is no draft file, or one that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftFileError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of something else.
    #[error("it is no draft file: its \"format\" is not \"privyseal-draft\"")]
    Format,
    /// A form that this program does not know.
    #[error("its form has version {0}, which this privyseal does not read: use a newer one")]
    FormatVersion(i64),
    /// A member that is missing or of the wrong kind.
    #[error("its member \"{0}\" is missing, or is not what it should be")]
    Member(&'static str),
    /// A member that this form does not have.
    #[error("it has a member {0:?} that draft files do not have")]
    Unknown(String),
    /// A role that nobody can have.
    #[error("its role {0}")]
    Role(#[from] RoleNameError),
    /// One of its documents is none.
    #[error("its member \"{member}\": {source}")]
    Document {
        /// Where it stands.
        member: &'static str,
        /// What is wrong.
        source: DocumentError,
    },
    /// One of its documents is not of its role.
    #[error("its member \"{member}\": {source}")]
    View {
        /// Where it stands.
        member: &'static str,
        /// What is wrong.
        source: ViewError,
    },
    /// The document was changed after the file was made.
    #[error(
        "its payload has the SHA-256 {actual}, but the file was made with {said}: it was edited or damaged on its way"
    )]
    Digest {
        /// What the file says.
        said: Sha256Digest,
        /// What it is.
        actual: Sha256Digest,
    },
    /// Its documents contradict each other.
    #[error("its documents do not fit together: {0}")]
    Contradiction(String),
    /// Too large to be written.
    #[error("it would be larger than 16 MiB")]
    TooLarge,
}
