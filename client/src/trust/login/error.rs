use std::path::PathBuf;

/// A login was not found, not sent, or not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// docker's config can't be read.
    #[error("cannot read {}: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An entry of docker's config is no login.
    #[error("{}: the entry for {host} is no login", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry.
        host: String,
    },
    /// The variable is no login.
    #[error("NOTARY_AUTH is no login: it holds base64 of USER:PASSWORD")]
    NotaryAuth,
    /// A credential helper failed.
    #[error("the credential helper {helper} {reason}")]
    Helper {
        /// Its program.
        helper: String,
        /// What happened.
        reason: String,
    },
    /// The server names a place for tokens that can't be one.
    #[error("{server} asks for a token from {realm}, {reason}")]
    Realm {
        /// The server.
        server: String,
        /// What it named.
        realm: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The server wants the password to go to another host.
    #[error(
        "{server} asks that the password be sent to {host}, which nobody here named: nothing was sent"
    )]
    ForeignRealm {
        /// The server.
        server: String,
        /// Where it would go.
        host: String,
    },
    /// The login is not taken.
    #[error("{realm} gives no token: {reason}")]
    NoToken {
        /// Who was asked.
        realm: String,
        /// Its answer.
        reason: String,
    },
    /// There is none, and the server wants one.
    #[error("{server} wants to know who asks, and there is no login for it")]
    Missing {
        /// The server.
        server: String,
    },
    /// A password would cross the network in clear.
    #[error("{server} wants a password, and is spoken to without TLS: nothing was sent")]
    Clear {
        /// The server.
        server: String,
    },
}

impl LoginError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Config { .. } | Self::Entry { .. } => {
                "correct the file, or log in again with `docker login`".to_owned()
            }
            Self::NotaryAuth => {
                "unset NOTARY_AUTH, or set it as `printf 'USER:PASSWORD' | base64` prints it"
                    .to_owned()
            }
            Self::Helper { helper, .. } => format!(
                "see that {helper} runs, or take it out of docker's config.json and log in again"
            ),
            Self::Realm { .. } => "tell whoever runs the server".to_owned(),
            Self::ForeignRealm { host, .. } => format!(
                "if {host} is where the server's users log in, write token_hosts = [\"{host}\"] under [trust] in ~/.config/privyseal/config.toml; else somebody is after the password"
            ),
            Self::NoToken { .. } => {
                "log in again: `docker login REGISTRY`, or set NOTARY_AUTH for the trust server; the user must have the right to do this in the repository".to_owned()
            }
            Self::Missing { .. } => {
                "log in: `docker login REGISTRY`; for a trust server with logins of its own, NOTARY_AUTH holds base64 of USER:PASSWORD".to_owned()
            }
            Self::Clear { .. } => "have the server speak TLS".to_owned(),
        }
    }
}
