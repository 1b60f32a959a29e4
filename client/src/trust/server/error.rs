use reqwest::StatusCode;

use crate::failure::Advice;
use crate::trust::answer::{Failed, shown};
use crate::trust::http::{Reply, TransportError, TransportKind};
use crate::trust::login::{LoginError, SessionError};
use crate::trust::reference::{Digest, Gun};

/// A trust server did not do what it was asked. Texts from the server are safe to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It was not asked, or its answer did not come.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No login, or none that is taken.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// It may have done what it was asked: nobody knows before somebody looks.
    #[error("{server} may or may not have done what it was asked: {reason}")]
    Uncertain {
        /// The server.
        server: String,
        /// What happened to the answer.
        reason: String,
    },
    /// It knows who we are, or does not ask, and does not let us.
    #[error("{server} does not let you do this in {gun}: {text}")]
    Unauthorized {
        /// The server.
        server: String,
        /// The repository.
        gun: Gun,
        /// Its answer.
        text: String,
    },
    /// It holds a newer or an equal version already.
    #[error("{server} holds a newer version of {gun}: {text}")]
    VersionConflict {
        /// The server.
        server: String,
        /// The repository.
        gun: Gun,
        /// Its answer.
        text: String,
    },
    /// It does not take a document.
    #[error("{server} does not take the update of {gun}: {text}")]
    InvalidUpdate {
        /// The server.
        server: String,
        /// The repository.
        gun: Gun,
        /// Such as `ErrBadRoot`, where it says.
        kind: Option<String>,
        /// Its answer.
        text: String,
    },
    /// It holds no repositories of this name.
    #[error("{server} takes no repository called {gun}: {text}")]
    InvalidName {
        /// The server.
        server: String,
        /// The repository.
        gun: Gun,
        /// Its answer.
        text: String,
    },
    /// It has trouble of its own.
    #[error("{server} is in trouble: {text}")]
    Trouble {
        /// The server.
        server: String,
        /// Its answer.
        text: String,
    },
    /// It refuses for another reason.
    #[error("{server} refuses: {text}")]
    Refused {
        /// The server.
        server: String,
        /// Its answer.
        text: String,
    },
    /// Something else answers there.
    #[error("{server} is no trust server: it answers {status} where one would say what it has")]
    NotATrustServer {
        /// The server.
        server: String,
        /// The status.
        status: u16,
    },
    /// It sends another document than it was asked for.
    #[error("{server} sends a document of {role} with SHA-256 {found} in place of {wanted}")]
    WrongHash {
        /// The server.
        server: String,
        /// The role.
        role: String,
        /// What was asked for.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// Its answer is not what it should be.
    #[error("{server} sends something else than {what}")]
    Malformed {
        /// The server.
        server: String,
        /// What was asked for.
        what: String,
    },
    /// A document is longer than servers take.
    #[error("the new document of {role} has more than {limit} bytes, and no server takes it")]
    TooLong {
        /// The role.
        role: String,
        /// The most, in bytes.
        limit: usize,
    },
    /// Not the name of a role.
    #[error("{0:?} is no name of a role")]
    NoRole(String),
}

impl ServerError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Transport(error) => error.remedy().to_owned(),
            Self::Login(error) => error.remedy(),
            Self::Uncertain { .. } => {
                "run the same command again: it looks first whether the server has it".to_owned()
            }
            Self::Unauthorized { .. } => {
                "ask whoever runs the server for the right to do this, or log in as somebody who has it (`docker login`)".to_owned()
            }
            Self::VersionConflict { .. } => {
                "somebody published in the meantime: run the same command again, and it starts from what is there now".to_owned()
            }
            Self::InvalidUpdate { .. } => {
                "nothing was changed; if this client made the documents, tell its developers what the server says".to_owned()
            }
            Self::InvalidName { .. } => {
                "correct the repository's name; the server's config (gun_prefixes) says which it takes".to_owned()
            }
            Self::Trouble { .. } => {
                "nothing was changed; try again later, or ask whoever runs the server: its log says why".to_owned()
            }
            Self::Refused { .. } | Self::Malformed { .. } => {
                "ask whoever runs the server".to_owned()
            }
            Self::NotATrustServer { .. } => {
                "correct the server's address: --server, DOCKER_CONTENT_TRUST_SERVER, or server under [trust] in ~/.config/privyseal/config.toml".to_owned()
            }
            Self::WrongHash { .. } => {
                "trust nothing from this server before whoever runs it has explained this".to_owned()
            }
            Self::TooLong { .. } => {
                "put fewer targets into one role: delegate some of them".to_owned()
            }
            Self::NoRole(_) => {
                "a delegation is called targets/NAME, in lower-case letters, digits, hyphens and underscores".to_owned()
            }
        }
    }

    /// Whether the server can't be reached at the moment, so that what is remembered of it may
    /// have to do.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Transport(error) => matches!(
                error.kind(),
                TransportKind::Unreachable | TransportKind::Cut
            ),
            Self::Trouble { .. } | Self::Uncertain { .. } => true,
            _ => false,
        }
    }

    /// Whether the server read what it was sent and does not take it: the same again would be
    /// refused again.
    #[must_use]
    pub fn is_about_documents(&self) -> bool {
        matches!(
            self,
            Self::VersionConflict { .. }
                | Self::InvalidUpdate { .. }
                | Self::InvalidName { .. }
                | Self::Refused { .. }
                | Self::TooLong { .. }
                | Self::NoRole(_)
        )
    }

    /// Of a request that was to change something.
    pub(super) fn of_change(error: SessionError) -> Self {
        match error {
            SessionError::Sent(error) if error.is_in_doubt() => Self::Uncertain {
                reason: error.reason().to_owned(),
                server: error.server().to_owned(),
            },
            error => error.into(),
        }
    }

    /// Of an answer that is no success.
    pub(super) fn of_reply(server: String, gun: &Gun, reply: &Reply) -> Self {
        let gun = gun.clone();
        let Some(failed) = Failed::read(&reply.body) else {
            return Self::of_stranger(server, gun, reply);
        };
        let text = format!("{} ({})", failed.text, failed.code);
        match (reply.status, failed.code.as_str()) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                Self::Unauthorized { server, gun, text }
            }
            (_, "VERSION") => Self::VersionConflict { server, gun, text },
            (_, "INVALID_UPDATE") => {
                let kind = failed.kind;
                Self::InvalidUpdate {
                    server,
                    gun,
                    kind,
                    text,
                }
            }
            (_, "INVALID_GUN") => Self::InvalidName { server, gun, text },
            (status, _) if status.is_server_error() => Self::Trouble { server, text },
            _ => Self::Refused { server, text },
        }
    }

    fn of_stranger(server: String, gun: Gun, reply: &Reply) -> Self {
        let said = shown(&String::from_utf8_lossy(&reply.body));
        let text = match said.is_empty() {
            true => reply.status.to_string(),
            false => format!("{}: {said}", reply.status),
        };
        match reply.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Self::Unauthorized { server, gun, text }
            }
            StatusCode::TOO_MANY_REQUESTS => Self::Trouble { server, text },
            status if status.is_server_error() => Self::Trouble { server, text },
            status => Self::NotATrustServer {
                server,
                status: status.as_u16(),
            },
        }
    }
}

impl From<SessionError> for ServerError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Login(error) => Self::Login(error),
            SessionError::Transport(error) | SessionError::Sent(error) => Self::Transport(error),
        }
    }
}

impl From<ServerError> for Advice {
    fn from(error: ServerError) -> Self {
        Self::failed(error.to_string(), error.remedy())
    }
}
