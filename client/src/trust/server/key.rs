use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::{JSON, OWN, Server, ServerError, WRITE, purpose, url};
use crate::trust::http::Http;
use crate::trust::reference::Gun;

/// A role that the server can sign for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRole {
    /// Over all targets and delegations.
    Snapshot,
    /// Always the server's.
    Timestamp,
}

/// The public key with which the server signs for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerKey {
    /// `ecdsa`, `ed25519` or `rsa`.
    pub keytype: String,
    /// Its bytes: DER of the key, or of Ed25519 the 32 bytes.
    pub public: Bytes,
}

#[derive(Deserialize)]
struct KeyJson {
    keytype: String,
    keyval: KeyValue,
}

#[derive(Deserialize)]
struct KeyValue {
    public: String,
}

impl ServerRole {
    /// As metadata names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }
}

impl Server {
    /// The key with which the server signs for a role, to be named in a root. Before the first root
    /// the server may make a new one each time that it is asked.
    ///
    /// # Errors
    /// Where it can't be had.
    pub async fn key(&self, gun: &Gun, role: ServerRole) -> Result<ServerKey, ServerError> {
        let url = url::below(self.url(), gun, &[role.as_str(), ".key"])?;
        let (purpose, limit) = (purpose(gun, WRITE), self.limits.key);
        // As something that is changed: the server is asked for a key only once.
        let make = |http: &Http| http.request(Method::GET, &url).header("accept", JSON);
        let reply = self.session.send(make, purpose, limit).await?;
        match reply.status {
            StatusCode::OK => self.read_key(role, &reply.body),
            _ => Err(self.refused(gun, &reply)),
        }
    }

    /// Has the server make a new key for a role. It counts when a root that names it is published.
    ///
    /// # Errors
    /// Where it does not, or where nobody knows whether it did; asking again makes another one.
    pub async fn rotate_key(&self, gun: &Gun, role: ServerRole) -> Result<ServerKey, ServerError> {
        let url = url::below(self.url(), gun, &[role.as_str(), ".key"])?;
        let make = |http: &Http| http.request(Method::POST, &url).header("accept", JSON);
        let (purpose, limit) = (purpose(gun, OWN), self.limits.key);
        let reply = self.session.send(make, purpose, limit).await;
        let reply = reply.map_err(ServerError::of_change)?;
        match reply.status {
            StatusCode::OK => self.read_key(role, &reply.body),
            _ => Err(self.unchanged(gun, &reply)),
        }
    }

    fn read_key(&self, role: ServerRole, body: &Bytes) -> Result<ServerKey, ServerError> {
        let read = || {
            let key: KeyJson = serde_json::from_slice(body).ok()?;
            let public = BASE64_STANDARD.decode(key.keyval.public).ok()?;
            let known = matches!(key.keytype.as_str(), "ecdsa" | "ed25519" | "rsa");
            known.then_some(ServerKey {
                keytype: key.keytype,
                public: public.into(),
            })
        };
        read().ok_or_else(|| ServerError::Malformed {
            server: self.name(),
            what: format!("the {} key", role.as_str()),
        })
    }
}
