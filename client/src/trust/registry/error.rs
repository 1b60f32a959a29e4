use reqwest::StatusCode;

use crate::failure::Advice;
use crate::trust::answer::{Failed, shown};
use crate::trust::http::{Reply, TransportError};
use crate::trust::login::{LoginError, SessionError};
use crate::trust::reference::{Digest, Gun};

/// A registry did not say what a tag points to. Texts from it are safe to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// It was not asked, or its answer did not come.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No login, or none that is taken.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// There is no such tag or digest.
    #[error("{server} has no {name} in {gun}")]
    NotFound {
        /// The registry.
        server: String,
        /// The repository.
        gun: Gun,
        /// Tag or digest.
        name: String,
    },
    /// There is no such repository, or none that we may see.
    #[error("{server} has no repository {gun}, or none that you may see")]
    NoRepository {
        /// The registry.
        server: String,
        /// The repository.
        gun: Gun,
    },
    /// It does not let us read.
    #[error("{server} does not let you read {gun}: {text}")]
    Unauthorized {
        /// The registry.
        server: String,
        /// The repository.
        gun: Gun,
        /// Its answer.
        text: String,
    },
    /// It has trouble of its own.
    #[error("{server} is in trouble: {text}")]
    Trouble {
        /// The registry.
        server: String,
        /// Its answer.
        text: String,
    },
    /// It refuses, or something else answers there.
    #[error("{server} does not answer as a registry does: {text}")]
    Refused {
        /// The registry.
        server: String,
        /// Its answer.
        text: String,
    },
    /// What came is no manifest.
    #[error("{server} sends something else than a manifest: {reason}")]
    Malformed {
        /// The registry.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What came is not what it says that it is.
    #[error("{server} sends a manifest with digest {found} and calls it {announced}")]
    WrongDigest {
        /// The registry.
        server: String,
        /// What it says, or what was asked for.
        announced: String,
        /// What came.
        found: Digest,
    },
}

impl RegistryError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Transport(error) => error.remedy().to_owned(),
            Self::Login(error) => error.remedy(),
            Self::NotFound { .. } => "push the image first, or correct the tag".to_owned(),
            Self::NoRepository { .. } => {
                "push the image first, correct its name, or log in: `docker login REGISTRY`"
                    .to_owned()
            }
            Self::Unauthorized { .. } => {
                "log in as somebody who may read it: `docker login REGISTRY`".to_owned()
            }
            Self::Trouble { .. } => {
                "try again later, or ask whoever runs the registry: its log says why".to_owned()
            }
            Self::Refused { .. } => "correct the registry's name and port".to_owned(),
            Self::Malformed { .. } => {
                "push the image with a tool of today; what the registry has can't be signed"
                    .to_owned()
            }
            Self::WrongDigest { .. } => {
                "sign nothing from this registry before whoever runs it has explained this"
                    .to_owned()
            }
        }
    }

    pub(super) fn of_reply(
        server: String,
        gun: &Gun,
        name: &str,
        reply: &Reply,
        failed: Option<Failed>,
    ) -> Self {
        let gun = gun.clone();
        let code = failed.as_ref().map_or("", |failed| failed.code.as_str());
        let text = match &failed {
            Some(failed) => format!("{} ({})", failed.text, failed.code),
            None => {
                let said = shown(&String::from_utf8_lossy(&reply.body));
                format!("{} {said}", reply.status).trim().to_owned()
            }
        };
        match (reply.status, code) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                Self::Unauthorized { server, gun, text }
            }
            (StatusCode::NOT_FOUND, "NAME_UNKNOWN") => Self::NoRepository { server, gun },
            (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN" | "NOT_FOUND") => Self::NotFound {
                server,
                gun,
                name: name.to_owned(),
            },
            (StatusCode::TOO_MANY_REQUESTS, _) => Self::Trouble { server, text },
            (status, _) if status.is_server_error() => Self::Trouble { server, text },
            _ => Self::Refused { server, text },
        }
    }
}

impl From<SessionError> for RegistryError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Login(error) => Self::Login(error),
            SessionError::Transport(error) | SessionError::Sent(error) => Self::Transport(error),
        }
    }
}

impl From<RegistryError> for Advice {
    fn from(error: RegistryError) -> Self {
        Self::failed(error.to_string(), error.remedy())
    }
}
