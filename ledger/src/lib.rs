//! The ledger: an append-only file of records whose hashes are the leaves of a Merkle tree.
//!
//! The pure part ([`Tree`], [`verify_inclusion`], [`verify_consistency`], [`checkpoint`],
//! [`Audit`]) is shared by agent and client. [`Store`] keeps the records in a directory; it blocks,
//! and one process at a time writes. docs/ledger.md describes the format and what it proves.

mod audit;
pub mod checkpoint;
mod error;
mod hash;
mod proof;
mod store;
mod tree;

pub use audit::{Audit, AuditError, Summary};
pub use error::LedgerError;
pub use hash::{Hash, NotAHash};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use store::{MAX_BATCH, MAX_RECORD, Reader, Replay, Store, verify_directory};
pub use tree::{Head, Tree};
