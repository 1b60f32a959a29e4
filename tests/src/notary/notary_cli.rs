//! The `notary` command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PASSPHRASE;
use super::server::NotaryServer;
use crate::client::Answer;
use crate::wait;

/// One user of `notary`, with a trust directory of its own.
#[derive(Debug, Clone)]
pub struct Notary {
    home: PathBuf,
    url: String,
    ca: PathBuf,
}

impl Notary {
    /// A user of this server who has seen nothing yet, with this directory for a home.
    #[must_use]
    pub fn new(home: PathBuf, server: &NotaryServer) -> Self {
        Self {
            home,
            url: server.url().to_owned(),
            ca: server.ca().to_owned(),
        }
    }

    /// Where it keeps its keys and what it has seen.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.home.join("trust")
    }

    /// Its home directory.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Another user gets copies of its keys.
    pub fn share_keys(&self, other: &Self) {
        let private = |user: &Self| user.trust().join("private");
        fs::create_dir_all(private(other)).unwrap();
        for key in fs::read_dir(private(self)).unwrap() {
            let key = key.unwrap();
            fs::copy(key.path(), private(other).join(key.file_name())).unwrap();
        }
    }

    /// The command with these arguments, not started yet.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("notary");
        command
            .args(["--server", &self.url, "--tlscacert"])
            .arg(&self.ca)
            .arg("--trustDir")
            .arg(self.trust())
            .args(arguments)
            .env("HOME", &self.home)
            .current_dir(&self.home)
            .stdin(Stdio::null());
        for role in ["ROOT", "TARGETS", "SNAPSHOT", "DELEGATION"] {
            command.env(format!("NOTARY_{role}_PASSPHRASE"), PASSPHRASE);
        }
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
        assert_eq!(answer.status, 0, "notary {arguments:?}: {answer:#?}");
        answer.stdout
    }

    /// Publishes what is staged. The server's gRPC waits a second or more before it looks again for
    /// a signer that was away, and refuses meanwhile; what is staged stays.
    pub fn publish_in_the_end(&self, repository: &str) {
        wait::until("a publication", || {
            let answer = self.run(&["publish", repository]);
            (answer.status == 0).then_some(())
        });
    }

    /// Stages a target of this content in the role `targets`.
    pub fn stage(&self, repository: &str, target: &str, content: &[u8]) {
        let digest = ring::digest::digest(&ring::digest::SHA256, content);
        let (length, digest) = (content.len().to_string(), hex::encode(digest));
        let target = ["addhash", repository, target, &length];
        self.ok(&[&target[..], &["--sha256", &digest]].concat());
    }
}
