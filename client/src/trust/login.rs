//! Who a server is told that we are: docker's logins, tokens for them, and where neither goes.

mod challenge;
mod docker_config;
mod error;
mod helper;
mod session;
#[cfg(test)]
mod tests;
mod token;

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub use error::LoginError;
pub(in crate::trust) use session::{Purpose, Session, SessionError};

use super::reference::Gun;
use super::settings::Environment;
use docker_config::DockerConfig;

/// Docker's name for its own registry's login.
const HUB: &str = "https://index.docker.io/v1/";

/// Where logins are found: `NOTARY_AUTH` for trust servers, then docker's `config.json` with the
/// credential helpers that it names.
#[derive(Clone, Debug)]
pub struct Logins {
    docker: PathBuf,
    notary_auth: Option<SecretString>,
}

/// A login.
#[derive(Clone, Debug)]
pub(in crate::trust) enum Login {
    /// A name and its password.
    Password {
        user: String,
        password: SecretString,
    },
    /// What a registry gave in place of a password, to get tokens with.
    IdentityToken(SecretString),
}

impl Logins {
    /// Those of a user.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self {
            docker: environment.docker.join("config.json"),
            notary_auth: environment.notary_auth.clone(),
        }
    }

    /// None at all: whoever is asked is asked as anybody.
    #[must_use]
    pub fn none() -> Self {
        Self {
            docker: PathBuf::new(),
            notary_auth: None,
        }
    }

    /// Without `NOTARY_AUTH`.
    pub(in crate::trust) fn without_notary_auth(self) -> Self {
        Self {
            notary_auth: None,
            ..self
        }
    }

    /// The user's name of the login for a repository's registry, where there is one.
    ///
    /// # Errors
    /// Where docker's config or a credential helper fails.
    pub async fn user_of(&self, gun: &Gun) -> Result<Option<String>, LoginError> {
        match self.of_registry(gun).await? {
            Some(Login::Password { user, .. }) => Ok(Some(user)),
            Some(Login::IdentityToken(_)) | None => Ok(None),
        }
    }

    /// The login for a trust server at `host` (`HOST[:PORT]`): `NOTARY_AUTH`; the server's own; the
    /// registry's, which is the one that docker uses.
    pub(in crate::trust) async fn of_server(
        &self,
        host: &str,
        gun: &Gun,
    ) -> Result<Option<Login>, LoginError> {
        if let Some(text) = &self.notary_auth {
            let login = decoded(text).ok_or(LoginError::NotaryAuth)?;
            return Ok(Some(login));
        }
        match self.find(host).await? {
            Some(login) => Ok(Some(login)),
            None => self.of_registry(gun).await,
        }
    }

    /// The login for a repository's registry.
    pub(in crate::trust) async fn of_registry(
        &self,
        gun: &Gun,
    ) -> Result<Option<Login>, LoginError> {
        match gun.registry() {
            Some(_) if gun.is_on_hub() => self.find(HUB).await,
            Some(registry) => self.find(registry).await,
            None => Ok(None),
        }
    }

    async fn find(&self, host: &str) -> Result<Option<Login>, LoginError> {
        let config = DockerConfig::read(&self.docker)?;
        if let Some(helper) = config.helper(host)
            && let Some(login) = helper::ask(helper, host).await?
        {
            return Ok(Some(login));
        }
        config.login(host, &self.docker)
    }
}

impl Login {
    /// `Authorization: Basic …`; none for a login that has no password.
    fn basic(&self) -> Option<HeaderValue> {
        let Self::Password { user, password } = self else {
            return None;
        };
        let both = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(both.as_bytes()));
        secret_header(&Zeroizing::new(format!("Basic {}", encoded.as_str())))
    }
}

/// A header that no log shows.
fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// base64 of `USER:PASSWORD`, with padding or without.
fn decoded(text: &SecretString) -> Option<Login> {
    let text = text.expose_secret().trim_end_matches(['=', '\0', '\n']);
    let bytes = Zeroizing::new(base64::prelude::BASE64_STANDARD_NO_PAD.decode(text).ok()?);
    let both = str::from_utf8(&bytes).ok()?;
    let (user, password) = both.split_once(':')?;
    if user.is_empty() {
        return None;
    }
    Some(Login::Password {
        user: user.to_owned(),
        password: password.trim_end_matches('\0').into(),
    })
}
