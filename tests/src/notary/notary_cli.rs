//! The `notary` command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PASSPHRASE;
use super::server::NotaryServer;
use super::token_server::TokenServer;
use crate::client::Answer;
use crate::images::Image;
use crate::{openssl, wait};

/// One user of `notary`, with a trust directory of its own.
#[derive(Debug, Clone)]
pub struct Notary {
    home: PathBuf,
    url: String,
    ca: PathBuf,
    login: Option<String>,
}

impl Notary {
    /// A user of this server who has seen nothing yet, with this directory for a home.
    #[must_use]
    pub fn new(home: PathBuf, server: &NotaryServer) -> Self {
        Self {
            home,
            url: server.url().to_owned(),
            ca: server.ca().to_owned(),
            login: None,
        }
    }

    /// The same user, who has this name and password for a server that asks.
    #[must_use]
    pub fn logged_in(self, user: (&str, &str)) -> Self {
        let login = Some(TokenServer::login(user));
        Self { login, ..self }
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
        if let Some(login) = &self.login {
            command.env("NOTARY_AUTH", login);
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

    /// Stages a tag of an image, in the role `targets` or a delegation.
    pub fn stage_image(&self, repository: &str, image: &Image, role: &str) {
        let sha256 = image.digest.strip_prefix("sha256:").unwrap();
        let length = image.size.to_string();
        let target = ["addhash", repository, &image.tag, &length];
        let how = ["--sha256", sha256, "--roles", role];
        self.ok(&[&target[..], &how].concat());
    }

    /// Makes a key for a role, keeps it with the others, and returns the file of its public half
    /// (PEM): on P-256, and by OpenSSL, since `notary` imports no encrypted key that it wrote
    /// itself with `--output`.
    #[must_use]
    pub fn generate_key(&self, role: &str) -> PathBuf {
        let name = role.replace('/', "-");
        let files = ["key", "pub"].map(|kind| self.home.join(format!("{name}.{kind}")));
        let [private, public] = files.each_ref().map(|file| file.to_str().unwrap());
        let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let make = [&["genpkey"], &curve[..], &["-out", private]].concat();
        assert!(openssl::agrees(&make));
        let export = ["pkey", "-in", private, "-pubout", "-out", public];
        assert!(openssl::agrees(&export));
        self.ok(&["key", "import", private, "--role", role]);
        fs::remove_file(private).unwrap();
        public.into()
    }

    /// Stages a target of this content in the role `targets`.
    pub fn stage(&self, repository: &str, target: &str, content: &[u8]) {
        let digest = ring::digest::digest(&ring::digest::SHA256, content);
        let (length, digest) = (content.len().to_string(), hex::encode(digest));
        let target = ["addhash", repository, target, &length];
        self.ok(&[&target[..], &["--sha256", &digest]].concat());
    }
}
