//! A registry: what a tag points to.

mod error;
mod manifest;

use reqwest::{StatusCode, Url};
use tokio::sync::OnceCell;

pub use error::RegistryError;
pub use manifest::Descriptor;

use super::answer::Failed;
use super::http::{Http, Patience, TransportError, TransportKind};
use super::login::{Logins, Purpose, Session, SessionError};
use super::reference::{Digest, Gun, Tag};
use super::settings::RegistrySettings;

/// The registry of a repository.
///
/// Why no crate of an OCI client does this: what is read here is what gets signed, and those that
/// there are follow redirections from TLS to none, send a password to whatever host the registry
/// names, and read an answer without a bound.
#[derive(Debug)]
pub struct Registry {
    secure: Session,
    /// Used where no TLS is spoken, and none need be.
    plain: Option<Session>,
    speaks_tls: OnceCell<bool>,
}

impl Registry {
    /// The registry that the settings lead to. Nothing is sent yet.
    ///
    /// # Errors
    /// Where a file of certificates or keys can't be used.
    pub fn new(settings: &RegistrySettings, logins: Logins) -> Result<Self, RegistryError> {
        Self::with(settings, logins, Patience::default())
    }

    /// As [`Self::new`], with other bounds.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(
        settings: &RegistrySettings,
        logins: Logins,
        patience: Patience,
    ) -> Result<Self, RegistryError> {
        let session = |url: &Url, logins| {
            let http = Http::open(url, &settings.tls, patience)?;
            let hosts = settings.token_hosts.clone();
            Ok::<_, TransportError>(Session::new(http, logins, false, hosts))
        };
        let mut plain = None;
        let mut url = settings.url.clone();
        if settings.plain && url.set_scheme("http").is_ok() {
            plain = Some(session(&url, logins.clone())?);
        }
        Ok(Self {
            secure: session(&settings.url, logins)?,
            plain,
            speaks_tls: OnceCell::new(),
        })
    }

    /// What a tag points to, an index or a manifest: its digest is computed here from its bytes.
    ///
    /// # Errors
    /// Where there is no such tag, or it can't be read.
    pub async fn resolve(&self, gun: &Gun, tag: &Tag) -> Result<Descriptor, RegistryError> {
        self.read(gun, tag.as_str(), None).await
    }

    /// The manifest or index of a digest.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub async fn find(&self, gun: &Gun, digest: &Digest) -> Result<Descriptor, RegistryError> {
        self.read(gun, &digest.to_string(), Some(digest)).await
    }

    async fn read(
        &self,
        gun: &Gun,
        name: &str,
        wanted: Option<&Digest>,
    ) -> Result<Descriptor, RegistryError> {
        let purpose = Purpose {
            gun,
            repository: gun.path(),
            actions: "pull",
        };
        let session = self.session(purpose).await?;
        let base = session.http().base();
        let server = base.origin().ascii_serialization();
        let url = manifest::url(base, gun, name);
        let (accept, limit) = (manifest::ACCEPTED, manifest::LONGEST);
        let reply = session.get(&url, accept, purpose, limit).await?;
        if reply.status == StatusCode::OK {
            return Descriptor::read(&server, &reply, wanted);
        }
        Err(RegistryError::of_reply(
            server,
            gun,
            name,
            &reply,
            Failed::read(&reply.body),
        ))
    }

    /// TLS, where it is spoken. A certificate that is refused is no reason to do without.
    async fn session(&self, purpose: Purpose<'_>) -> Result<&Session, RegistryError> {
        let Some(plain) = &self.plain else {
            return Ok(&self.secure);
        };
        let ask = || async {
            match self.secure.introduce(purpose).await {
                Err(SessionError::Transport(error)) if speaks_none(&error) => Ok(false),
                Ok(_) | Err(SessionError::Login(_)) => Ok(true),
                Err(SessionError::Transport(error) | SessionError::Sent(error)) => Err(error),
            }
        };
        match self.speaks_tls.get_or_try_init(ask).await? {
            true => Ok(&self.secure),
            false => Ok(plain),
        }
    }
}

fn speaks_none(error: &TransportError) -> bool {
    matches!(
        error.kind(),
        TransportKind::NoTls | TransportKind::Unreachable
    )
}
