use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::notary::{PASSPHRASE, TrustAgents, TrustStage};
use privyseal_tests::require;

/// What there was before Privy Seal, and agents beside it, with root keys.
pub(crate) struct Stage {
    pub(crate) owner: Client,
    _agents: TrustAgents,
    pub(crate) old: TrustStage,
}

impl Stage {
    pub(crate) fn start() -> Option<Self> {
        if !require::softhsm() {
            return None;
        }
        let old = TrustStage::start()?;
        let agents = TrustAgents::start(&old.sandbox);
        let owner = agents.client(&old.sandbox, "owner", &old.stack);
        TrustAgents::generate_roots(&owner, ["ecdsa-p256", "ecdsa-p256"]);
        Some(Self {
            owner,
            _agents: agents,
            old,
        })
    }

    /// A delegation key of a signer at the agent `desk`.
    pub(crate) fn generate_signer(&self, name: &str, gun: &str) {
        self.owner.ok(&format!(
            "--agent desk trust key generate {name} --repository {gun}"
        ));
    }

    /// `privyseal trust adopt` of a repository with the keys in a directory.
    pub(crate) fn adopt(&self, gun: &str, trust: &Path, more: &str) -> Answer {
        self.adopt_with(gun, trust, more, PASSPHRASE)
    }

    /// As [`Self::adopt`], with this passphrase of the root key.
    pub(crate) fn adopt_with(
        &self,
        gun: &str,
        trust: &Path,
        more: &str,
        passphrase: &str,
    ) -> Answer {
        let trust = trust.to_str().unwrap();
        let words = ["trust", "adopt", gun, "--trust-dir", trust];
        let words = words.into_iter().chain(more.split_whitespace());
        let mut command = self.owner.command(words);
        let command = command.env("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", passphrase);
        command.output().unwrap().into()
    }

    /// As [`Self::adopt`], which must succeed; returns what it says.
    pub(crate) fn adopt_ok(&self, gun: &str, trust: &Path, more: &str) -> String {
        let answer = self.adopt(gun, trust, more);
        assert_eq!(answer.status, 0, "{answer:#?}");
        answer.stdout
    }
}

/// The files that it says to destroy, sorted.
pub(crate) fn to_destroy(said: &str) -> Vec<PathBuf> {
    let lines = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("shred -u "));
    let paths = lines.map(|line| PathBuf::from(line.split("  #").next().unwrap()));
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    paths
}

/// Destroys every key file of a trust directory.
pub(crate) fn destroy_keys(trust: &Path) {
    fs::remove_dir_all(trust.join("private")).unwrap();
}

/// The files of private keys, sorted.
pub(crate) fn key_files(keys: &[(String, PathBuf)]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = keys.iter().map(|(_, path)| path.clone()).collect();
    paths.sort();
    paths
}
