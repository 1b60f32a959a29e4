//! A notary-server: what it holds of a repository, and how that is changed.

mod error;
mod key;
mod publish;
#[cfg(test)]
mod tests;
mod url;

use ::url::Url;
use bytes::Bytes;
use reqwest::{Method, StatusCode};

pub use error::ServerError;
pub use key::{ServerKey, ServerRole};

use super::answer::Failed;
use super::http::{Http, Patience, Reply};
use super::login::{Logins, Purpose, Session};
use super::reference::{Digest, Gun};
use super::settings::{Origin, ServerSettings};

/// A trust server. Nothing that it answers is verified here beyond its hash, where that is known.
#[derive(Debug)]
pub struct Server {
    session: Session,
    limits: Limits,
}

/// How much is read of an answer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a root, snapshot or targets document.
    pub metadata: usize,
    /// Of a timestamp.
    pub timestamp: usize,
    /// Of a public key.
    pub key: usize,
}

/// What the server itself takes at most.
impl Default for Limits {
    fn default() -> Self {
        Self {
            metadata: 100 * 1024 * 1024,
            timestamp: 1024 * 1024,
            key: 256 * 1024,
        }
    }
}

/// What is done to the repository, as tokens name it.
const READ: &str = "pull";
const WRITE: &str = "push,pull";
const OWN: &str = "*";
const JSON: &str = "application/json";

impl Server {
    /// The server that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// Where a file of certificates or keys can't be used.
    pub fn new(settings: &ServerSettings, logins: Logins) -> Result<Self, ServerError> {
        Self::with(settings, logins, Limits::default(), Patience::default())
    }

    /// As [`Self::new`], with other bounds.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(
        settings: &ServerSettings,
        logins: Logins,
        limits: Limits,
        patience: Patience,
    ) -> Result<Self, ServerError> {
        let http = Http::open(&settings.url, &settings.tls, patience)?;
        // NOTARY_AUTH says not whose it is: a server that only an image's name names never gets it.
        let logins = match settings.origin {
            Origin::Registry => logins.without_notary_auth(),
            _ => logins,
        };
        let session = Session::new(http, logins, true, settings.token_hosts.clone());
        Ok(Self { session, limits })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.session.http().base()
    }

    /// Whether a trust server answers there, and lets us in where it asks who we are.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self, gun: &Gun) -> Result<(), ServerError> {
        let purpose = purpose(gun, READ);
        let reply = self.session.introduce(purpose).await?;
        match reply.status {
            StatusCode::OK | StatusCode::UNAUTHORIZED => Ok(()),
            _ => Err(self.refused(gun, &reply)),
        }
    }

    /// The newest document of a role (`root`, `targets/releases`, …), as the server has it; none
    /// where it has none.
    ///
    /// # Errors
    /// Where it can't be had.
    pub async fn fetch(&self, gun: &Gun, role: &str) -> Result<Option<Bytes>, ServerError> {
        let limit = match role {
            "timestamp" => self.limits.timestamp,
            _ => self.limits.metadata,
        };
        self.file(gun, &[role, ".json"], limit).await
    }

    /// The document of a role that has this SHA-256, as a snapshot or timestamp names it.
    ///
    /// # Errors
    /// Where it can't be had, or the server sends something else.
    pub async fn fetch_by_hash(
        &self,
        gun: &Gun,
        role: &str,
        sha256: &[u8; 32],
    ) -> Result<Option<Bytes>, ServerError> {
        let (wanted, limit) = (Digest::new(*sha256), self.limits.metadata);
        let name = [role, ".", &wanted.hex(), ".json"];
        let Some(bytes) = self.file(gun, &name, limit).await? else {
            return Ok(None);
        };
        let found = Digest::of(&bytes);
        if found != wanted {
            return Err(ServerError::WrongHash {
                server: self.name(),
                role: role.to_owned(),
                wanted,
                found,
            });
        }
        Ok(Some(bytes))
    }

    /// The root of a version; none where the server has none.
    ///
    /// # Errors
    /// Where it can't be had.
    pub async fn fetch_root(&self, gun: &Gun, version: u64) -> Result<Option<Bytes>, ServerError> {
        let name = [&version.to_string(), ".root.json"];
        self.file(gun, &name, self.limits.metadata).await
    }

    /// Deletes all that the server holds of a repository; its keys stay with its signer.
    ///
    /// # Errors
    /// Where it does not, or where nobody knows whether it did.
    pub async fn delete(&self, gun: &Gun) -> Result<(), ServerError> {
        let url = url::below(self.url(), gun, &[])?;
        let make = |http: &Http| http.request(Method::DELETE, &url);
        let reply = self.session.send(make, purpose(gun, OWN), 1024).await;
        let reply = reply.map_err(ServerError::of_change)?;
        match reply.status {
            StatusCode::OK => Ok(()),
            _ => Err(self.unchanged(gun, &reply)),
        }
    }

    async fn file(
        &self,
        gun: &Gun,
        name: &[&str],
        limit: usize,
    ) -> Result<Option<Bytes>, ServerError> {
        let url = url::below(self.url(), gun, name)?;
        let purpose = purpose(gun, READ);
        let reply = self.session.get(&url, JSON, purpose, limit).await?;
        if reply.status == StatusCode::OK {
            return Ok(Some(reply.body));
        }
        match Failed::read(&reply.body) {
            Some(failed) if failed.is_not_found(reply.status) => Ok(None),
            _ => Err(self.refused(gun, &reply)),
        }
    }

    fn refused(&self, gun: &Gun, reply: &Reply) -> ServerError {
        ServerError::of_reply(self.name(), gun, reply)
    }

    /// As [`Self::refused`], of a request that was to change something: where something between us
    /// and the server answers in its place, nobody knows whether it did.
    fn unchanged(&self, gun: &Gun, reply: &Reply) -> ServerError {
        if reply.status.is_server_error() && Failed::read(&reply.body).is_none() {
            return ServerError::Uncertain {
                server: self.name(),
                reason: format!("the answer was {}", reply.status),
            };
        }
        self.refused(gun, reply)
    }

    fn name(&self) -> String {
        self.url().as_str().trim_end_matches('/').to_owned()
    }
}

fn purpose<'a>(gun: &'a Gun, actions: &'a str) -> Purpose<'a> {
    Purpose {
        gun,
        repository: gun.as_str(),
        actions,
    }
}
