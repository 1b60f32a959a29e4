//! The metadata model of The Update Framework.
//!
//! Pure: no I/O, no async, no clock (time comes in as unix seconds) and no private key.
//! "Spec" in the docs of this crate is the TUF specification 1.0.34.
//!
//! - [`Document`] keeps what was received; [`Document::view`] reads it as metadata of a role.
//! - [`Draft`] writes metadata, [`Signing`] collects signatures for it until its
//!   [`Requirement`]s are met.
//! - [`verify_threshold`] checks one document, [`TrustedRepository`] a whole chain of them.
//! - [`diff`](diff()) says what changes between two documents.
//! - [`notary`] reads the dialect of notary v1.

mod algorithm;
pub mod canonical;
mod danger;
mod dialect;
mod diff;
mod digest;
mod document;
mod draft;
mod expires;
mod hashes;
pub mod json;
mod key;
mod keyid;
pub mod notary;
mod path_pattern;
mod public_key;
mod requirement;
mod role;
mod role_name;
mod signature;
mod signing;
mod target_path;
#[cfg(test)]
mod testing;
mod trusted;
mod verify;
mod view;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use danger::{Cause, Danger, DangerContext, DangerKind, Deception, Review, UnknownDanger};
pub use dialect::Dialect;
pub use diff::{Bins, Change, Keyring, Quorum, RolePlace, ScopeEntry, TargetFile, diff};
pub use digest::{DigestError, Sha256Digest};
pub use document::{Document, DocumentError, MAX_SIGNATURES, Payload, SignatureEntry};
pub use draft::{Draft, DraftError, Metadata};
pub use expires::{Expires, ExpiresError};
pub use hashes::{Hashes, HashesError};
pub use key::{Key, KeyProblem, NotAKey};
pub use keyid::KeyId;
pub use path_pattern::{PathPattern, PathPatternProblem};
pub use public_key::{BadSignature, PublicKey, PublicKeyError};
pub use requirement::Requirement;
pub use role::{Role, RoleType, UnknownRole};
pub use role_name::{MAX_ROLE_NAME, RoleName, RoleNameError};
pub use signature::{DetachedSignature, MAX_DETACHED, MAX_SIGNATURE_BYTES};
pub use signature::{Signature, SignatureError, SignatureFile, SignatureFileError};
pub use signing::{Attached, Known, KnownKey, KnownPayload};
pub use signing::{Signing, SigningError, Status, Unfinished};
pub use target_path::{TargetPath, TargetPathError};
pub use trusted::{Authority, FindError, Finding, Found, Link, MAX_DELEGATIONS, MAX_SEARCHED};
pub use trusted::{SearchOrder, Searches, TrustedRepository, VerifiedRole, VerifyError, Walk};
pub use verify::{BelowThreshold, Tally, verify_threshold};
pub use view::{DelegatedRole, DelegatedRoles, Delegations, HashPrefix, MAX_BIT_LENGTH};
pub use view::{Header, MAX_KEYIDS, MAX_KEYS, MetaFile, Problem, RoleKeys, Roles, Root, Snapshot};
pub use view::{NotAHashPrefix, Scope, SuccinctRoles};
pub use view::{Target, Targets, Timestamp, View, ViewError};
