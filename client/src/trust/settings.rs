//! What a person, docker and notary have set down of trust servers and registries.

mod certificates;
mod environment;
mod error;
mod notary;
mod place;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use url::Url;

pub use certificates::{Authorities, ClientCertificate, Tls};
pub use environment::{CONTENT_TRUST_SERVER_VARIABLE, Environment};
pub use error::SettingsError;
pub use place::{Origin, is_loopback};

use super::pins::OwnPinning;
use super::reference::Gun;
use notary::NotaryConfig;
use table::TrustTable;

const HUB_SERVER: &str = "https://notary.docker.io";
const HUB_REGISTRY: &str = "https://registry-1.docker.io";

/// All that is set down, and what the command line says beside it.
///
/// Which server keeps the trust data of a repository, first to last: `--server`;
/// `DOCKER_CONTENT_TRUST_SERVER`; `server` of `[trust]` in `~/.config/privyseal/config.toml`;
/// `remote_server.url` of `~/.notary/config.json`; the repository's registry, or
/// `notary.docker.io` for Docker's.
///
/// CA and client certificate, first to last: the command line's; those of `[trust]`, for its
/// `server` or, where it names none, for any; those of `remote_server`, for its `url`. A CA that is
/// named there is the only one believed. Those in `tls/HOST:PORT/` of docker's directory are
/// believed beside the system's, where nothing else is named, as docker does.
///
/// docker verifies no server's certificate where the image is on the loopback interface, and notary
/// none where `skipTLSVerify` is set. Here it is verified always.
#[derive(Clone, Debug)]
pub struct Settings {
    environment: Environment,
    table: TrustTable,
    notary: NotaryConfig,
    overrides: Overrides,
}

/// What the command line says of the trust server.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Its URL.
    pub server: Option<String>,
    /// The CA that its certificate must come from, PEM.
    pub ca: Option<PathBuf>,
    /// The certificate and key that it is shown.
    pub identity: Option<ClientCertificate>,
}

/// A trust server, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// `https://HOST[:PORT]/…`; `http` on the loopback interface alone.
    pub url: Url,
    /// Who named it.
    pub origin: Origin,
    /// Whom to believe, and who we are.
    pub tls: Tls,
    /// Hosts, beside the server's own, that may be sent a password for a token.
    pub token_hosts: Vec<String>,
}

/// A registry, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// `https://HOST[:PORT]`.
    pub url: Url,
    /// Whether it may be asked over plain HTTP where it speaks no TLS.
    pub plain: bool,
    /// Whom to believe, and who we are.
    pub tls: Tls,
    /// Hosts, beside the registry's own, that may be sent a password for a token.
    pub token_hosts: Vec<String>,
}

impl Settings {
    /// Reads the environment and the files.
    ///
    /// # Errors
    /// A file that is there and is not what it should be.
    pub fn load(overrides: Overrides) -> Result<Self, SettingsError> {
        Self::read(Environment::of_process()?, overrides)
    }

    /// Reads the files that an environment leads to. Those that are missing say nothing.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(environment: Environment, overrides: Overrides) -> Result<Self, SettingsError> {
        Ok(Self {
            table: TrustTable::read(&environment.config)?,
            notary: NotaryConfig::read(&environment.home)?,
            environment,
            overrides,
        })
    }

    /// The server that keeps a repository's trust data.
    ///
    /// # Errors
    /// An address that can't be, or settings that this client does not follow.
    pub fn server_for(&self, gun: &Gun) -> Result<ServerSettings, SettingsError> {
        let (url, origin) = self.place_of(gun)?;
        let mut token_hosts = self.table.token_hosts.clone();
        token_hosts.extend(gun.registry().map(|host| place::host_name(host).to_owned()));
        token_hosts.extend(hub_hosts(gun));
        Ok(ServerSettings {
            tls: self.server_tls(&url)?,
            url,
            origin,
            token_hosts,
        })
    }

    fn place_of(&self, gun: &Gun) -> Result<(Url, Origin), SettingsError> {
        if let Some(text) = &self.overrides.server {
            return Ok((place::url(text, Origin::CommandLine)?, Origin::CommandLine));
        }
        if let Some(text) = &self.environment.content_trust_server {
            let url = place::url(text, Origin::Environment)?;
            return Ok((url, Origin::Environment));
        }
        if let Some(url) = self.table.server()? {
            return Ok((url, Origin::Config));
        }
        if let Some(url) = self.notary.server()? {
            return Ok((url, Origin::Notary));
        }
        let text = match gun.registry() {
            Some(_) if gun.is_on_hub() => HUB_SERVER.to_owned(),
            Some(registry) => format!("https://{registry}"),
            None => return Err(SettingsError::NoServer(gun.clone())),
        };
        Ok((place::url(&text, Origin::Registry)?, Origin::Registry))
    }

    fn server_tls(&self, url: &Url) -> Result<Tls, SettingsError> {
        let is_same = |other: Option<Url>| other.is_none_or(|it| it.origin() == url.origin());
        let mut tls = Tls::default();
        if self.overrides.ca.is_some() || self.overrides.identity.is_some() {
            tls = Tls::naming(self.overrides.ca.clone(), self.overrides.identity.clone());
        } else if is_same(self.table.server()?) && self.table.has_tls() {
            tls = self.table.tls()?;
        } else if self.notary.server()?.is_some() && is_same(self.notary.server()?) {
            tls = self.notary.tls()?;
        }
        let directory = self
            .environment
            .docker
            .join("tls")
            .join(place::host_and_port(url));
        tls.or_from(&directory)
    }

    /// The registry of a repository; none where its name does not begin with one.
    ///
    /// # Errors
    /// A directory of certificates that is not what it should be.
    pub fn registry_for(&self, gun: &Gun) -> Result<Option<RegistrySettings>, SettingsError> {
        let Some(host) = gun.registry() else {
            return Ok(None);
        };
        let text = match gun.is_on_hub() {
            true => HUB_REGISTRY.to_owned(),
            false => format!("https://{host}"),
        };
        let url = place::url(&text, Origin::Registry)?;
        let tls = Tls::naming(self.table.registry_ca(), None);
        let listed = &self.table.insecure_registries;
        let mut token_hosts = self.table.token_hosts.clone();
        token_hosts.extend(hub_hosts(gun));
        Ok(Some(RegistrySettings {
            plain: is_loopback(&url) || listed.iter().any(|it| it == host),
            tls: tls.or_from(&self.environment.registry_certificates.join(host))?,
            url,
            token_hosts,
        }))
    }

    /// The authority of the agents' configs under which trust keys are, where `[trust]` names it.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.table.authority.as_deref()
    }

    /// The root keys for new repositories, each `NAME` or `AGENT:NAME`, where `[trust]` names them.
    #[must_use]
    pub fn root_keys(&self) -> &[String] {
        &self.table.root_keys
    }

    /// The container tool that `[trust]` names: `docker`, `podman` or `nerdctl`.
    #[must_use]
    pub fn engine(&self) -> Option<&str> {
        self.table.engine.as_deref()
    }

    /// `[trust.pinning]`, with the file that it stands in.
    #[must_use]
    pub fn pinning(&self) -> Option<(OwnPinning, PathBuf)> {
        let pinning = self.table.pinning.clone()?;
        Some((pinning, self.table.path.clone()))
    }

    /// docker's directory: `DOCKER_CONFIG`, or `~/.docker`.
    #[must_use]
    pub fn docker_directory(&self) -> &Path {
        &self.environment.docker
    }

    /// Where `notary` keeps keys and what it has seen: `trust_dir`, or `~/.notary`.
    #[must_use]
    pub fn notary_directory(&self) -> PathBuf {
        self.notary.trust_directory()
    }

    /// notary's config file, whether or not it is there.
    #[must_use]
    pub fn notary_config(&self) -> &Path {
        self.notary.path()
    }

    /// What `DOCKER_CONTENT_TRUST` says, as docker reads it: whatever is not plainly no means yes.
    #[must_use]
    pub fn content_trust(&self) -> Option<bool> {
        self.environment.content_trust
    }

    /// `NOTARY_AUTH` and docker's logins are found through this.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// Docker's own hosts give each other's tokens.
fn hub_hosts(gun: &Gun) -> Vec<String> {
    match gun.is_on_hub() {
        true => vec!["auth.docker.io".to_owned()],
        false => Vec::new(),
    }
}
