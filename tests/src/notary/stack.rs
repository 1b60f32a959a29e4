//! A server, its database and its users.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::docker::Docker;
use super::judge::Published;
use super::notary_cli::Notary;
use super::postgres::Postgres;
use super::server::{NotaryServer, SignerAt};
use crate::certificates::Ca;
use crate::sandbox::Sandbox;

/// A notary-server with its database, for users who are made as they are wanted. Its signer is the
/// caller's.
#[derive(Debug)]
pub struct NotaryStack {
    /// The server.
    pub server: NotaryServer,
    /// The server's database.
    pub database: Postgres,
    users: PathBuf,
    count: AtomicUsize,
}

impl NotaryStack {
    /// Starts a database and a server, whose signer is there already: it lets in the client
    /// certificate of this authority for [`NotaryServer::NAME`].
    ///
    /// # Panics
    /// Where a program is missing: ask [`super::installed`] first.
    #[must_use]
    pub fn start(sandbox: &Sandbox, ca: &Ca, signer: &SignerAt) -> Self {
        let database = Postgres::start(sandbox);
        Self {
            server: NotaryServer::start(sandbox, ca, signer, Some(&database)),
            database,
            users: sandbox.directory("users"),
            count: AtomicUsize::new(0),
        }
    }

    /// A new user of `notary`, who has seen nothing.
    #[must_use]
    pub fn notary(&self) -> Notary {
        Notary::new(self.user("notary"), &self.server)
    }

    /// A new user of `docker`, who has seen nothing.
    #[must_use]
    pub fn docker(&self) -> Docker {
        Docker::new(self.user("docker"), &self.server)
    }

    /// What a new client would be given of a repository.
    #[must_use]
    pub fn published(&self, repository: &str) -> Published {
        Published::read(&self.server, repository)
    }

    fn user(&self, program: &str) -> PathBuf {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let home = self.users.join(format!("{program}-{number}"));
        fs::create_dir(&home).unwrap();
        home
    }
}
