use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use privyseal_tests::certificates::Ca;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::notary::{self, NotarySigner, NotaryStack, PASSPHRASE, TrustAgents};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use serde_json::Value;

/// Docker's and notary's users, and a user of two agents.
pub(crate) struct Stage {
    pub(crate) user: Client,
    pub(crate) stack: NotaryStack,
    _agents: TrustAgents,
    _signer: NotarySigner,
    _sandbox: Sandbox,
}

impl Stage {
    pub(crate) fn start() -> Option<Self> {
        let mut programs = ["notary-signer", "docker"].into_iter();
        let there = notary::installed() && require::softhsm();
        if !there || !programs.all(require::program) {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        let signer = NotarySigner::start(&sandbox, &ca);
        let stack = NotaryStack::start(&sandbox, &ca, signer.at());
        let agents = TrustAgents::start(&sandbox);
        Some(Self {
            user: agents.client(&sandbox, "user", &stack),
            stack,
            _agents: agents,
            _signer: signer,
            _sandbox: sandbox,
        })
    }

    /// `privyseal trust key …` at the agent `desk`.
    pub(crate) fn run(&self, words: &str) -> Answer {
        self.run_with(words, PASSPHRASE)
    }

    /// As [`Self::run`], with this passphrase of key files.
    pub(crate) fn run_with(&self, words: &str, passphrase: &str) -> Answer {
        let words = format!("--agent desk trust key {words}");
        let mut command = self.user.command(words.split_whitespace());
        command.env("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", passphrase);
        command.env("NOTARY_ROOT_PASSPHRASE", passphrase);
        command.output().unwrap().into()
    }

    /// As [`Self::run`], which must succeed.
    pub(crate) fn ok(&self, words: &str) -> String {
        let answer = self.run(words);
        assert_eq!(answer.status, 0, "{words}: {answer:#?}");
        answer.stdout
    }

    /// A file in the user's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.user.home().join(name)
    }

    /// A new file in the user's directory that only the user can read.
    pub(crate) fn private(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// What the list says of a key.
    pub(crate) fn listed(&self, name: &str) -> Option<Value> {
        let keys: Value = serde_json::from_str(&self.ok("list --json")).unwrap();
        let keys = keys.as_array().unwrap().clone();
        keys.into_iter().find(|key| key["name"] == name)
    }
}

/// What `openssl` prints, which must succeed.
pub(crate) fn openssl(arguments: &str) -> String {
    let mut command = Command::new("openssl");
    command
        .args(arguments.split_whitespace())
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}
