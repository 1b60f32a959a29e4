//! Somebody who uses images.

use std::path::PathBuf;
use std::process::Command;

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::engine::Engine;
use privyseal_tests::notary::{Docker, NotaryStack};
use privyseal_tests::sandbox::Sandbox;
use serde_json::Value;

/// A user of privyseal who has seen nothing, with docker's config of the trust server.
pub(crate) struct Reader {
    client: Client,
    docker: Docker,
    server: String,
    host: String,
}

impl Reader {
    pub(crate) fn new(sandbox: &Sandbox, name: &str, stack: &NotaryStack) -> Self {
        Self {
            client: Client::of_nobody(sandbox, name),
            docker: stack.docker(),
            server: stack.server.url().to_owned(),
            host: "unix:///nonexistent/docker.sock".to_owned(),
        }
    }

    pub(crate) fn with_engine(mut self, engine: &Engine) -> Self {
        self.host = engine.host();
        self
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.client.home().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.client.command(["trust"].iter().chain(arguments));
        command
            .env("DOCKER_CONFIG", self.docker.config())
            .env("DOCKER_CONTENT_TRUST_SERVER", &self.server)
            .env("DOCKER_HOST", &self.host)
            .env_remove("DOCKER_CONTEXT")
            .env_remove("DOCKER_CONTENT_TRUST")
            .env_remove("PRIVYSEAL_TRUST_DIR")
            // Not the machine's.
            .env("PRIVYSEAL_DAEMON_JSON", self.home().join("daemon.json"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Standard output of what must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.status, 0, "trust {arguments:?}: {answer:#?}");
        answer.stdout
    }

    /// Is refused with this exit code, whose reason `--json` names so.
    #[track_caller]
    pub(crate) fn refused(&self, image: &str, exit: i32, reason: &str) -> String {
        let answer = self.run(&["verify", "--json", image]);
        assert_eq!(answer.status, exit, "{answer:#?}");
        let found: Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(found["reason"], reason, "{answer:#?}");
        assert_eq!(found["verified"], false);
        assert!(answer.stderr.contains("to do: "), "{answer:#?}");
        let quiet = self.run(&["verify", "--quiet", image]);
        assert_eq!((quiet.status, &*quiet.stdout), (exit, ""), "{quiet:#?}");
        found["message"].as_str().unwrap().to_owned()
    }
}
