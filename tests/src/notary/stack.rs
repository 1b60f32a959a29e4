//! All of it together.

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
pub struct NotaryStack<'a> {
    /// The server.
    pub server: NotaryServer,
    /// The server's database.
    pub database: Postgres,
    sandbox: &'a Sandbox,
    ca: &'a Ca,
    users: AtomicUsize,
}

impl<'a> NotaryStack<'a> {
    /// Starts a database and a server, whose signer is there already: it lets in the client
    /// certificate of this authority for [`NotaryServer::NAME`].
    ///
    /// # Panics
    /// Where a program is missing: ask [`super::installed`] first.
    #[must_use]
    pub fn start(sandbox: &'a Sandbox, ca: &'a Ca, signer: &SignerAt) -> Self {
        let database = Postgres::start(sandbox);
        Self {
            server: NotaryServer::start(sandbox, ca, signer, Some(&database)),
            database,
            sandbox,
            ca,
            users: AtomicUsize::new(0),
        }
    }

    /// A new user of `notary`, who has seen nothing.
    #[must_use]
    pub fn notary(&self) -> Notary {
        Notary::new(self.sandbox, &self.name("notary"), &self.server, self.ca)
    }

    /// A new user of `docker`, who has seen nothing.
    #[must_use]
    pub fn docker(&self) -> Docker {
        Docker::new(self.sandbox, &self.name("docker"), &self.server, self.ca)
    }

    /// What a new client would be given of a repository.
    #[must_use]
    pub fn published(&self, repository: &str) -> Published {
        Published::read(&self.server, repository)
    }

    fn name(&self, program: &str) -> String {
        let number = self.users.fetch_add(1, Ordering::Relaxed);
        format!("{program}-{number}")
    }
}
