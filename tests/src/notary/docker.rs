//! The docker command, with an engine or without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::PASSPHRASE;
use super::server::NotaryServer;
use crate::client::Answer;
use crate::engine::Engine;

/// One user of the docker command, with a config directory of its own.
///
/// It verifies the trust server's certificate only for images of a registry that is not on the
/// loopback interface; the registry's name need not resolve.
#[derive(Debug, Clone)]
pub struct Docker {
    config: PathBuf,
    url: String,
    engine: String,
}

impl Docker {
    /// A user of this trust server who has seen nothing yet, with this config directory.
    #[must_use]
    pub fn new(config: PathBuf, server: &NotaryServer) -> Self {
        let host = server.url().strip_prefix("https://").unwrap();
        let roots = config.join("tls").join(host);
        fs::create_dir_all(&roots).unwrap();
        fs::copy(server.ca(), roots.join("ca.crt")).unwrap();
        Self {
            config,
            url: server.url().to_owned(),
            // Nothing here may depend on an engine that the machine happens to have.
            engine: "unix:///nonexistent/docker.sock".to_owned(),
        }
    }

    /// The same user, with this engine.
    #[must_use]
    pub fn with_engine(mut self, engine: &Engine) -> Self {
        self.engine = engine.host();
        self
    }

    /// The user has a name at a registry (`HOST:PORT`) which demands none: `docker trust sign` takes
    /// it for the signer of a new repository.
    pub fn log_in(&self, registry: &str, name: &str) {
        let auth = BASE64_STANDARD.encode(format!("{name}:password"));
        let config = json!({ "auths": { registry: { "auth": auth } } });
        fs::write(self.config.join("config.json"), config.to_string()).unwrap();
    }

    /// Where it keeps its keys and what it has seen.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.config.join("trust")
    }

    /// Its config directory, in which it runs.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The command with these arguments, not started yet.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .args(arguments)
            .env("HOME", &self.config)
            .env("DOCKER_CONFIG", &self.config)
            .env("DOCKER_HOST", &self.engine)
            .env_remove("DOCKER_CONTEXT")
            .env_remove("DOCKER_CONTENT_TRUST")
            .env("DOCKER_CONTENT_TRUST_SERVER", &self.url)
            .env("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", PASSPHRASE)
            .env("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", PASSPHRASE)
            .current_dir(&self.config)
            .stdin(Stdio::null());
        command
    }

    /// Runs it.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs it with `DOCKER_CONTENT_TRUST=1`: it pulls and runs what is signed, and signs what it
    /// pushes.
    #[must_use]
    pub fn trusting(&self, arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        let trusting = command.env("DOCKER_CONTENT_TRUST", "1");
        trusting.output().unwrap().into()
    }

    /// As [`Self::trusting`], of what must succeed; returns its standard output.
    ///
    /// # Panics
    /// Where it fails.
    pub fn trusting_ok(&self, arguments: &[&str]) -> String {
        let answer = self.trusting(arguments);
        assert_eq!(answer.status, 0, "docker {arguments:?}: {answer:#?}");
        answer.stdout
    }

    /// Runs what must succeed; returns its standard output.
    ///
    /// # Panics
    /// Where it fails.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.status, 0, "docker {arguments:?}: {answer:#?}");
        answer.stdout
    }
}
