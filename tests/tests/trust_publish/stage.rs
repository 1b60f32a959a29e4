//! A trust server, a registry with images, and agents.

use privyseal_tests::certificates::Ca;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::images::{Image, Images};
use privyseal_tests::notary::{
    self, Docker, Notary, NotarySigner, NotaryStack, Registry, TrustAgents,
};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;

/// All of it, with root keys made.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) agents: TrustAgents,
    pub(crate) stack: NotaryStack,
    pub(crate) registry: Registry,
    pub(crate) images: Images,
    _signer: NotarySigner,
    pub(crate) sandbox: Sandbox,
}

impl Stage {
    pub(crate) fn start() -> Option<Self> {
        Self::with_roots(["ecdsa-p256", "ecdsa-p256"])
    }

    pub(crate) fn with_roots(algorithms: [&str; 2]) -> Option<Self> {
        let there = notary::installed()
            && require::softhsm()
            && Images::installed()
            && ["notary-signer", "docker-registry", "docker"]
                .into_iter()
                .all(require::program);
        if !there {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        let signer = NotarySigner::start(&sandbox, &ca);
        let stack = NotaryStack::start(&sandbox, &ca, signer.at());
        let agents = TrustAgents::start(&sandbox);
        let client = agents.client(&sandbox, "owner", &stack);
        TrustAgents::generate_roots(&client, algorithms);
        Some(Self {
            client,
            agents,
            stack,
            registry: Registry::start(&sandbox, &ca),
            images: Images::new(&sandbox),
            _signer: signer,
            sandbox,
        })
    }

    /// A repository's name at the registry.
    pub(crate) fn gun(&self, name: &str) -> String {
        self.registry.local(name)
    }

    /// A new image, and its name with the tag.
    pub(crate) fn push(&self, name: &str, tag: &str) -> (Image, String) {
        let image = self.images.push(&self.registry, name, tag);
        (image, format!("{}:{tag}", self.gun(name)))
    }

    /// `privyseal trust …` of the owner, which must succeed.
    pub(crate) fn ok(&self, words: &str) -> String {
        self.client.ok(&format!("trust {words}"))
    }

    /// `privyseal trust …` of the owner.
    pub(crate) fn run(&self, words: &str) -> Answer {
        self.client.run(&format!("trust {words}"))
    }

    /// A new user of docker, without an engine.
    pub(crate) fn docker(&self) -> Docker {
        self.stack.docker()
    }

    /// A new user of notary.
    pub(crate) fn notary(&self) -> Notary {
        self.stack.notary()
    }

    /// What a new user of docker is told of a repository: of each tag its digest (hex) and signers.
    pub(crate) fn signed(&self, gun: &str) -> Vec<(String, String, Vec<String>)> {
        let inspected = self.docker().run(&["trust", "inspect", gun]);
        let value: serde_json::Value = serde_json::from_str(&inspected.stdout).unwrap();
        let tags = value[0]["SignedTags"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let tags = tags.iter().map(|tag| {
            let signers = tag["Signers"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect();
            (text(&tag["SignedTag"]), text(&tag["Digest"]), signers)
        });
        tags.collect()
    }
}

/// `sha256:` taken off.
pub(crate) fn hex(image: &Image) -> String {
    image.digest.strip_prefix("sha256:").unwrap().to_owned()
}

/// Names as a list.
pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
