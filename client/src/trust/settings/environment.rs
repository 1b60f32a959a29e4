use std::env;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use secrecy::SecretString;

use super::error::SettingsError;

/// The environment variable that names docker's trust server.
pub const CONTENT_TRUST_SERVER_VARIABLE: &str = "DOCKER_CONTENT_TRUST_SERVER";
const CONTENT_TRUST_VARIABLE: &str = "DOCKER_CONTENT_TRUST";
const DOCKER_DIRECTORY_VARIABLE: &str = "DOCKER_CONFIG";
const NOTARY_AUTH_VARIABLE: &str = "NOTARY_AUTH";
const REGISTRY_CERTIFICATES: &str = "/etc/docker/certs.d";

/// Where the settings are, and those that the environment itself holds.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The user's home directory.
    pub home: PathBuf,
    /// This client's config file.
    pub config: PathBuf,
    /// docker's directory: `DOCKER_CONFIG`, or `~/.docker`.
    pub docker: PathBuf,
    /// Where the engine has the certificates of registries, by host.
    pub registry_certificates: PathBuf,
    /// `DOCKER_CONTENT_TRUST_SERVER`, where it is set.
    pub content_trust_server: Option<String>,
    /// `DOCKER_CONTENT_TRUST`, where it is set.
    pub content_trust: Option<bool>,
    /// `NOTARY_AUTH`, where it is set: base64 of `USER:PASSWORD`.
    pub notary_auth: Option<SecretString>,
}

impl Environment {
    /// Of this process.
    ///
    /// # Errors
    /// Where it has no home directory.
    pub fn of_process() -> Result<Self, SettingsError> {
        let base = etcetera::choose_base_strategy().map_err(|_| SettingsError::NoHome)?;
        let config = base.config_dir().join("privyseal").join("config.toml");
        let mut environment = Self::below(base.home_dir(), config);
        if let Some(docker) = set(DOCKER_DIRECTORY_VARIABLE) {
            environment.docker = docker.into();
        }
        environment.content_trust_server = set(CONTENT_TRUST_SERVER_VARIABLE);
        environment.content_trust = set(CONTENT_TRUST_VARIABLE).map(|text| is_yes(&text));
        environment.notary_auth = set(NOTARY_AUTH_VARIABLE).map(SecretString::from);
        Ok(environment)
    }

    /// Of a home directory in which no variable is set.
    #[must_use]
    pub fn below(home: &Path, config: PathBuf) -> Self {
        Self {
            docker: home.join(".docker"),
            home: home.to_owned(),
            config,
            registry_certificates: REGISTRY_CERTIFICATES.into(),
            content_trust_server: None,
            content_trust: None,
            notary_auth: None,
        }
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// docker takes what is no truth value for yes.
pub(super) fn is_yes(text: &str) -> bool {
    !matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False")
}
