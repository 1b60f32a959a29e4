//! The real components of Notary v1 and Docker Content Trust: Debian's notary-server with its
//! database, its signer, a registry, and both command lines.

mod docker;
mod file_keys;
mod https;
mod judge;
mod notary_cli;
mod port;
mod postgres;
mod registry;
mod server;
mod service;
mod signer;
mod stack;
mod stage;
mod trust_stage;

use crate::require;

pub use docker::Docker;
pub use file_keys::FileKeyRepository;
pub use https::Https;
pub use judge::Published;
pub use notary_cli::Notary;
pub use port::free_port;
pub use postgres::Postgres;
pub use registry::Registry;
pub use server::{NotaryServer, SignerAt};
pub(crate) use service::Service;
pub use signer::NotarySigner;
pub use stack::NotaryStack;
pub use stage::NotaryStage;
pub use trust_stage::{ImageHost, TrustStage};

/// The passphrase of every key that the command lines keep.
pub const PASSPHRASE: &str = "a passphrase of the tests";

/// Are notary, notary-server and PostgreSQL on this machine? Says so where not.
#[must_use]
pub fn installed() -> bool {
    require::program("notary") && require::program("notary-server") && Postgres::installed()
}
