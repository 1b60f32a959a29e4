//! `docker trust`, without an engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PASSPHRASE;
use super::server::NotaryServer;
use crate::client::Answer;

/// One user of the docker command, with a config directory of its own.
///
/// It verifies the trust server's certificate only for images of a registry that is not on the
/// loopback interface; the registry's name need not resolve.
#[derive(Debug, Clone)]
pub struct Docker {
    config: PathBuf,
    url: String,
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
        }
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
            // Nothing here may depend on an engine that the machine happens to have.
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
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
