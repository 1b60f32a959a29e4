use privyseal_tuf::notary::NotADelegation;
use privyseal_tuf::{DraftError, ExpiresError, ViewError};

use super::orphans::Lost;
use crate::trust::change::NotADelegationKey;

/// Why a change can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is nothing to change.
    #[error("the repository has no trust data yet")]
    NoRepository,
    /// Not a role's name.
    #[error(transparent)]
    Name(#[from] NotADelegation),
    /// Nobody delegates to it.
    #[error("there is no delegation to {0}")]
    NotDelegated(String),
    /// A name that docker gives to something else.
    #[error("{0:?} is reserved: it is the role in which docker looks for every signer's tags")]
    Reserved(String),
    /// Not a signer's name.
    #[error(
        "{0:?} is no name of a signer: it begins with a letter or digit and has letters, digits, - and _, in lower case"
    )]
    Signer(String),
    /// A delegation that nobody has.
    #[error("{0:?} is no signer of this repository")]
    NoSuchSigner(String),
    /// A published document that can't be built on.
    #[error("what is published of {role} can't be built on: {why}")]
    Unusable {
        /// The role.
        role: String,
        /// Why.
        why: String,
    },
    /// Not a target's name.
    #[error("{0:?} is no name of a target")]
    Target(String),
    /// Nothing to remove.
    #[error("{role} has no target {target}")]
    NoSuchTarget {
        /// The role.
        role: String,
        /// The target.
        target: String,
    },
    /// The delegation does not cover the target.
    #[error("{role} is not trusted with {target}: its paths are {paths}")]
    OutOfScope {
        /// The role.
        role: String,
        /// The target.
        target: String,
        /// What it is trusted with.
        paths: String,
    },
    /// A digest or other data that can't be.
    #[error("{0}")]
    Content(String),
    /// A key that can't be delegated to.
    #[error(transparent)]
    Key(#[from] NotADelegationKey),
    /// A key that the role does not have.
    #[error("{role} has no key {keyid}")]
    NoSuchKey {
        /// The role, or what else was searched.
        role: String,
        /// The id.
        keyid: String,
    },
    /// A path that the role does not have.
    #[error("{role} has no path {path:?}")]
    NoSuchPath {
        /// The role.
        role: String,
        /// The path.
        path: String,
    },
    /// More signatures than there are keys for.
    #[error(
        "{role} would have {keys} keys, of which {threshold} must sign: nobody could ever sign for it"
    )]
    Unreachable {
        /// The role.
        role: String,
        /// How many keys.
        keys: usize,
        /// How many must sign.
        threshold: u32,
    },
    /// What it says would no longer be signed by those who may, and nobody here can sign it anew.
    #[error("{}", Lost::all(.0))]
    WouldLose(Vec<Lost>),
    /// The document can't be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The new document is none.
    #[error("the new document: {0}")]
    Draft(#[from] DraftError),
    /// A time that can't be.
    #[error("the new expiry: {0}")]
    Expires(#[from] ExpiresError),
}
