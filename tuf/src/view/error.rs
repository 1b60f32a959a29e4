use crate::TargetPathError;
use crate::json::{JsonPath, Segment};
use crate::notary;
use crate::{ExpiresError, HashesError, KeyId, NotAKey, RoleName, RoleNameError, RoleType};

use super::{MAX_KEYIDS, MAX_KEYS, NotAHashPrefix};

/// Why a document is not valid metadata of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The document is of another type than the role.
    #[error("the document is of type {found:?}, but the role is {expected}")]
    WrongType {
        /// The role.
        expected: RoleType,
        /// `_type` of the document.
        found: String,
    },
    /// A field is missing or wrong.
    #[error("{path}: {problem}")]
    Field {
        /// Where it stands, beginning with `signed`.
        path: JsonPath,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A snapshot or timestamp of notary's dialect that does not hold.
    #[error(transparent)]
    Notary(#[from] notary::SignedError),
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The field is not there.
    #[error("is missing")]
    Missing,
    /// Another kind of JSON value.
    #[error("must be {expected}, not {found}")]
    Kind {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Not 1 to 2⁵³−1.
    #[error("version {0}: it must be 1 or more")]
    Version(i64),
    /// Below 0.
    #[error("length {0}: it can't be negative")]
    Length(i64),
    /// Not a date and time in the one form.
    #[error(transparent)]
    Expires(#[from] ExpiresError),
    /// Not a version of the specification's major version 1.
    #[error("version {0:?} of the specification: this program reads 1.x")]
    SpecVersion(String),
    /// Below 1 or beyond 2³²−1.
    #[error("threshold {0}: it must be from 1 to 2^32-1")]
    Threshold(i64),
    /// A key of notary's dialect that stands under another keyid than its own.
    #[error("is not the keyid of this key, which is {0}")]
    KeyIdOf(KeyId),
    /// A keyid stands twice in a role.
    #[error("keyid {0} stands twice: a key counts once")]
    DuplicateKeyId(KeyId),
    /// A role names a key that the root, or the delegator, does not have.
    #[error("keyid {0} is not among the keys that stand beside the role")]
    UnknownKeyId(KeyId),
    /// More keyids in a role than [`MAX_KEYIDS`].
    #[error("{0} keyids are more than the {MAX_KEYIDS} that are read")]
    TooManyKeyIds(usize),
    /// More keys in a root than [`MAX_KEYS`].
    #[error("{0} keys are more than the {MAX_KEYS} that are read")]
    TooManyKeys(usize),
    /// Not a key object.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// Not a target path.
    #[error("the target path {0}")]
    TargetPath(#[from] TargetPathError),
    /// Not hashes.
    #[error(transparent)]
    Hashes(#[from] HashesError),
    /// Both of two forms that exclude each other.
    #[error("has both \"{0}\" and \"{1}\": it may have one of them")]
    TwoForms(&'static str, &'static str),
    /// Two delegations to one role.
    #[error("the delegated role {0} stands twice")]
    DuplicateRole(RoleName),
    /// Not the name of a delegated role.
    #[error("the role name {0}")]
    RoleName(#[from] RoleNameError),
    /// Not the name of a role that notary delegates to.
    #[error(transparent)]
    NotaryRole(#[from] notary::NotADelegation),
    /// Not a time as Go prints it.
    #[error(transparent)]
    NotaryExpires(#[from] notary::NotAnExpiry),
    /// Not a hash prefix.
    #[error("the hash prefix {0}")]
    HashPrefix(#[from] NotAHashPrefix),
    /// Not 1 to 32.
    #[error("bit_length {0}: it must be from 1 to 32")]
    BitLength(i64),
    /// A timestamp names more than its snapshot.
    #[error("a timestamp names snapshot.json and nothing else")]
    ExtraMeta,
}

/// A [`Problem`] on its way up to the root of the document.
#[derive(Debug)]
pub(super) enum Fault {
    WrongType {
        expected: RoleType,
        found: String,
    },
    Field {
        /// Innermost first.
        path: Vec<Segment>,
        problem: Problem,
    },
}

impl Fault {
    fn within(mut self, segment: Segment) -> Self {
        if let Self::Field { path, .. } = &mut self {
            path.push(segment);
        }
        self
    }
}

impl<P: Into<Problem>> From<P> for Fault {
    fn from(problem: P) -> Self {
        Self::Field {
            path: Vec::new(),
            problem: problem.into(),
        }
    }
}

impl From<Fault> for ViewError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::WrongType { expected, found } => Self::WrongType { expected, found },
            Fault::Field { path, problem } => {
                let signed = Segment::Key("signed".to_owned());
                let path = std::iter::once(signed)
                    .chain(path.into_iter().rev())
                    .collect();
                Self::Field { path, problem }
            }
        }
    }
}

/// Says in which member or item a fault occurred.
pub(super) trait Within<T> {
    fn within_key(self, key: &str) -> Result<T, Fault>;
    fn within_index(self, index: usize) -> Result<T, Fault>;
}

impl<T, E: Into<Fault>> Within<T> for Result<T, E> {
    fn within_key(self, key: &str) -> Result<T, Fault> {
        self.map_err(|fault| fault.into().within(Segment::Key(key.to_owned())))
    }

    fn within_index(self, index: usize) -> Result<T, Fault> {
        self.map_err(|fault| fault.into().within(Segment::Index(index)))
    }
}
