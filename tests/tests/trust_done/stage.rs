//! Everything at once: the stack of Notary, images, an engine, and agents with the keys.

use privyseal_tests::client::Client;
use privyseal_tests::images::Image;
use privyseal_tests::notary::{Docker, TrustAgents, TrustStage};
use privyseal_tests::require;

pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) agents: TrustAgents,
    pub(crate) trust: TrustStage,
}

impl Stage {
    /// Says that the test is skipped where a program is missing.
    pub(crate) fn start() -> Option<Self> {
        if !require::softhsm() {
            return None;
        }
        let trust = TrustStage::start()?;
        let agents = TrustAgents::start(&trust.sandbox);
        Some(Self {
            client: agents.client(&trust.sandbox, "publisher", &trust.stack),
            agents,
            trust,
        })
    }

    /// Two root keys on two tokens, for these repositories.
    pub(crate) fn roots(&self, name: &str, algorithm: &str, repositories: &str) {
        TrustAgents::generate_roots_for(&self.client, name, algorithm, repositories);
    }

    /// A new image in the registry, under this tag of a repository's name.
    pub(crate) fn push(&self, gun: &str, tag: &str) -> Image {
        let (_, repository) = gun.split_once('/').unwrap();
        self.trust.host.push(repository, tag)
    }

    /// A consumer who has seen nothing, with the engine.
    pub(crate) fn docker(&self) -> Docker {
        self.trust.docker()
    }
}

/// docker pulls this tag by the digest that was signed.
pub(crate) fn pulls(consumer: &Docker, gun: &str, image: &Image) {
    let pulled = consumer.trusting_ok(&["pull", &format!("{gun}:{}", image.tag)]);
    assert!(pulled.contains(&image.digest), "{pulled}");
    let said = consumer.trusting_ok(&["run", "--rm", &format!("{gun}:{}", image.tag)]);
    assert_eq!(said.trim_end(), image.says);
}

/// docker does not pull this tag, since nobody signed it.
pub(crate) fn refuses(consumer: &Docker, gun: &str, tag: &str) {
    let refused = consumer.trusting(&["pull", &format!("{gun}:{tag}")]);
    assert_ne!(refused.status, 0, "{refused:#?}");
    let said = refused.stderr.to_lowercase();
    assert!(said.contains("trust data for"), "{refused:#?}");
}
