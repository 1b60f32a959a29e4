//! Whoever wants to use an image, and asks which bytes its tag stands for, and who says so.

pub mod dockerfile;
pub mod engine_args;
mod inspection;
mod refusal;
mod signed;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use inspection::{Inspection, Key, Signer, Tag};
pub use refusal::Refusal;
pub use signed::{Signed, lookup};

use super::home::Home;
use super::login::Logins;
use super::pins::{PinSources, Pins};
use super::pull::{AtServer, Pull, Pulled};
use super::reference::{Digest, Gun, ImageReference};
use super::server::Server;
use super::settings::{Overrides, Settings};
use crate::show::now;

/// Where Docker's engine has its config.
pub const DAEMON_CONFIG: &str = "/etc/docker/daemon.json";

/// A person or a script with their settings, pins and memory.
#[derive(Debug)]
pub struct Consumer {
    settings: Settings,
    pins: Pins,
    home: Home,
}

/// What an image's name stands for.
#[derive(Debug)]
pub enum Verdict {
    /// Its tag is signed.
    Signed {
        /// What is signed, and by whom.
        signed: Box<Signed>,
        /// All that was verified.
        pulled: Box<Pulled>,
    },
    /// It has a digest, which nobody can exchange; nothing was looked up.
    ByDigest(Digest),
}

impl Consumer {
    /// With what is set down on this machine, and by the command line. `daemon` is the file with
    /// the `content-trust` section, [`DAEMON_CONFIG`] where none is named.
    ///
    /// # Errors
    /// Where a file that is there can't be read or is not what it should be.
    pub fn load(overrides: Overrides, daemon: Option<PathBuf>) -> anyhow::Result<Self> {
        let settings = Settings::load(overrides)?;
        let pins = Pins::of(PinSources {
            own: settings.pinning(),
            daemon: Some(daemon.unwrap_or_else(|| DAEMON_CONFIG.into())),
            notary: Some(settings.notary_config().to_owned()),
        })?;
        Ok(Self {
            settings,
            pins,
            home: Home::of_user()?,
        })
    }

    /// What is set down.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is remembered.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Who may be root.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The trust server of a repository. Nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings or their files can't be used.
    pub fn server(&self, gun: &Gun) -> anyhow::Result<Server> {
        let logins = Logins::of(self.settings.environment());
        Ok(Server::new(&self.settings.server_for(gun)?, logins)?)
    }

    /// A repository's metadata, verified.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub async fn pull(&self, gun: &Gun) -> Result<Pulled, Refusal> {
        let server = self.server(gun).map_err(Refusal::Setup)?;
        let source = AtServer {
            server: &server,
            gun,
        };
        let home = self.home.repository(gun);
        let pull = Pull::new(&source, &home, &self.pins, now());
        Ok(pull.run().await?)
    }

    /// What an image stands for; `latest`, where neither tag nor digest is given.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub async fn verify(&self, image: &ImageReference) -> Result<Verdict, Refusal> {
        if let Some(digest) = image.digest() {
            return Ok(Verdict::ByDigest(*digest));
        }
        let gun = image.gun();
        let tag = image.tag_or_latest();
        let Some(tag) = tag.filter(|tag| !tag.as_str().is_empty()) else {
            return Err(Refusal::Setup(anyhow::anyhow!("{image} has no tag")));
        };
        let pulled = self.pull(gun).await?;
        let signed = lookup(&pulled, gun, &tag)?;
        Ok(Verdict::Signed {
            signed: Box::new(signed),
            pulled: Box::new(pulled),
        })
    }
}

impl Verdict {
    /// The digest that the image stands for.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::Signed { signed, .. } => &signed.digest,
            Self::ByDigest(digest) => digest,
        }
    }
}
