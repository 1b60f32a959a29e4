use crate::json::{JsonError, JsonPath};

use super::{NotADelegation, NotAnExpiry};

/// Why bytes are not what notary-server would have signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Not JSON that metadata may use.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON, but no object.
    #[error("not metadata: it is {0}, not an object")]
    NotAnObject(&'static str),
    /// `_type` is another.
    #[error("the document is of type {0:?}, not \"Snapshot\" or \"Timestamp\"")]
    Type(String),
    /// A field is missing, wrong, or not known.
    #[error("{path}: {problem}")]
    Field {
        /// Where it stands.
        path: JsonPath,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The same document has other bytes in canonical form.
    #[error("not in canonical form, from byte {0} (counted from 0) on")]
    NotCanonical(usize),
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The field is not there.
    #[error("is missing")]
    Missing,
    /// A field that notary does not have.
    #[error("is no field that notary knows")]
    Unknown,
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
    /// Not a time as Go prints it.
    #[error(transparent)]
    Expires(#[from] NotAnExpiry),
    /// Not a role that a snapshot lists.
    #[error(transparent)]
    Role(#[from] NotADelegation),
    /// A field that Go leaves out where there is nothing in it.
    #[error("must be left out where there is nothing in it")]
    Omitted,
    /// A character that Go's own reader refuses in what Go wrote.
    #[error("has a control character")]
    Control,
    /// Not the name of a signature's method as Go prints it.
    #[error("must be the name of a method in lower case")]
    Method,
    /// Not base64 as Go prints it.
    #[error("must be base64 with its padding")]
    Base64,
    /// Not the base64 of a digest.
    #[error("must be the base64 of {0} bytes")]
    Digest(usize),
}
