//! The second dialect: metadata as notary v1 (Docker Content Trust) writes it.
//!
//! Types are capitalised, hashes, keys and signatures stand in base64, ECDSA signatures are raw r‖s,
//! and entries have no versions. So far what notary-server signs by itself, [`Snapshot`] and
//! [`Timestamp`], and its keys.

mod certificate;
mod delegation;
mod error;
pub(crate) mod expires;
mod fields;
mod file_meta;
mod go_form;
mod key;
mod signed;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, NotACertificate};
pub use delegation::{Delegation, NotADelegation};
pub use error::{Problem, SignedError};
pub use expires::NotAnExpiry;
pub use file_meta::FileMeta;
pub use go_form::{NotAsGoPrints, as_go_prints, go_keeps};
pub use key::Key;
pub(crate) use key::key_value;
pub use signed::{Signed, Snapshot, Timestamp};
