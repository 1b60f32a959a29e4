//! The real components of Notary v1 and Docker Content Trust: Debian's notary-server with its
//! database, its signer, a registry, an engine and both command lines.
//!
//! [`NotaryStack`] is a server for users that are made as they are wanted, with the signer that it
//! is given: a [`NotarySigner`], or `privyseald` ([`NotaryStage`]). [`ImageHost`] stands beside any
//! stack: a [`Registry`], [`Images`](crate::images::Images) for it and an
//! [`Engine`](crate::engine::Engine) of the test's own. [`TrustStage`] is all of that with
//! notary-signer, as it was before there was Privy Seal:
//!
//! ```no_run
//! use privyseal_tests::notary::TrustStage;
//!
//! let Some(stage) = TrustStage::start() else { return };
//! // The engine pulls from both; docker verifies the trust server's certificate for the first.
//! let gun = stage.host.registry.named("demo/web"); // reg.example.test:PORT/demo/web
//! let other = stage.host.registry.local("demo/web"); // localhost:PORT/demo/web
//!
//! // An image whose tag is not signed yet: its digest and size as skopeo finds them.
//! let image = stage.host.push("demo/web", "v1");
//! // Repositories with file keys, as `docker trust` and `notary` make them.
//! let by_docker = stage.docker_signed(&gun, &["v2", "v3"]);
//! let by_notary = stage.notary_signed(&other, &["v4"]);
//! let (trust_directory, keys) = (&by_docker.trust, by_docker.keys());
//!
//! // A consumer: DOCKER_CONTENT_TRUST=1 docker pull, and what came.
//! let pulled = stage.docker().trusting_ok(&["pull", &by_docker.names()[0]]);
//! assert!(pulled.contains(&by_docker.tags[0].digest));
//! let refused = stage.docker().trusting(&["pull", &format!("{gun}:v1")]);
//! assert_ne!(refused.status, 0);
//! let listed = stage.stack.notary().ok(&["list", &gun]);
//! ```
//!
//! [`TrustAgents`] hold keys of image repositories on tokens, beside any of it, in the same sandbox.

mod agents;
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
mod token_server;
mod trust_stage;

use crate::require;

pub use agents::{TokenAgent, TrustAgents};
pub use docker::Docker;
pub use file_keys::FileKeyRepository;
pub use https::Https;
pub use judge::Published;
pub use notary_cli::Notary;
pub use port::free_port;
pub use postgres::Postgres;
pub use registry::Registry;
pub use server::{Asks, NotaryServer, SignerAt};
pub(crate) use service::Service;
pub use signer::NotarySigner;
pub use stack::NotaryStack;
pub use stage::NotaryStage;
pub use token_server::{TokenRequest, TokenServer};
pub use trust_stage::{ImageHost, TrustStage};

/// The passphrase of every key that the command lines keep.
pub const PASSPHRASE: &str = "a passphrase of the tests";

/// Are notary, notary-server and PostgreSQL on this machine? Says so where not.
#[must_use]
pub fn installed() -> bool {
    require::program("notary") && require::program("notary-server") && Postgres::installed()
}
