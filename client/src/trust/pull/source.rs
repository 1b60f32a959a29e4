use async_trait::async_trait;
use bytes::Bytes;
use privyseal_tuf::Sha256Digest;

use crate::failure::Advice;
use crate::trust::http::TransportKind;
use crate::trust::reference::Gun;
use crate::trust::server::{Server, ServerError};

/// Where metadata of one repository is fetched from. None is a file that is not there.
#[async_trait(?Send)]
pub trait Source {
    /// The newest file of a role: `root`, `timestamp`.
    async fn latest(&self, role: &str) -> Result<Option<Bytes>, SourceError>;

    /// The file of a role that has this digest.
    async fn by_hash(
        &self,
        role: &str,
        sha256: &Sha256Digest,
    ) -> Result<Option<Bytes>, SourceError>;

    /// The root of this version.
    async fn root(&self, version: u64) -> Result<Option<Bytes>, SourceError>;
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nobody answered, or with an error of the server's own: what is remembered may do.
    #[error("{0}")]
    Unreachable(String),
    /// It answered with something else than what it was asked for.
    #[error("{0}")]
    Wrong(String),
    /// It answered, and the answer is a no, or none that can be used.
    #[error("{0}")]
    Failed(anyhow::Error),
}

/// A repository at a trust server.
#[derive(Clone, Copy, Debug)]
pub struct AtServer<'a> {
    /// The server.
    pub server: &'a Server,
    /// The repository.
    pub gun: &'a Gun,
}

#[async_trait(?Send)]
impl Source for AtServer<'_> {
    async fn latest(&self, role: &str) -> Result<Option<Bytes>, SourceError> {
        Ok(self.server.fetch(self.gun, role).await?)
    }

    async fn by_hash(
        &self,
        role: &str,
        sha256: &Sha256Digest,
    ) -> Result<Option<Bytes>, SourceError> {
        let found = self.server.fetch_by_hash(self.gun, role, sha256.as_bytes());
        Ok(found.await?)
    }

    async fn root(&self, version: u64) -> Result<Option<Bytes>, SourceError> {
        Ok(self.server.fetch_root(self.gun, version).await?)
    }
}

impl From<ServerError> for SourceError {
    /// What keeps a server from answering may pass; an answer that is no good will not.
    fn from(error: ServerError) -> Self {
        if let ServerError::WrongHash { .. } | ServerError::Malformed { .. } = &error {
            return Self::Wrong(error.to_string());
        }
        let passing = match &error {
            ServerError::Transport(error) => matches!(
                error.kind(),
                TransportKind::Unreachable | TransportKind::Cut
            ),
            ServerError::Trouble { .. } => true,
            ServerError::NotATrustServer { status, .. } => *status >= 500,
            _ => false,
        };
        match passing {
            true => Self::Unreachable(error.to_string()),
            false => {
                let remedy = error.remedy();
                Self::Failed(Advice::failed(error.to_string(), remedy).into())
            }
        }
    }
}
