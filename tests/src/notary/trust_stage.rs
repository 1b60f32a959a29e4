//! Docker Content Trust as it is without Privy Seal: a registry, an engine and the stack of Notary.

use super::docker::Docker;
use super::file_keys::FileKeyRepository;
use super::notary_cli::Notary;
use super::registry::Registry;
use super::signer::NotarySigner;
use super::stack::NotaryStack;
use crate::certificates::Ca;
use crate::engine::Engine;
use crate::images::{Image, Images};
use crate::sandbox::Sandbox;
use crate::{notary, require};

/// A registry, images for it, and an engine that pulls them: beside any [`NotaryStack`].
#[derive(Debug)]
pub struct ImageHost {
    /// The engine.
    pub engine: Engine,
    /// Makes images, and says what the registry has.
    pub images: Images,
    /// The registry.
    pub registry: Registry,
}

impl ImageHost {
    /// Is all of it on this machine? Says so where not.
    #[must_use]
    pub fn installed() -> bool {
        Engine::installed() && Images::installed() && require::program("docker-registry")
    }

    /// Starts it, without images.
    ///
    /// # Panics
    /// Where a program is missing: ask [`Self::installed`] first.
    #[must_use]
    pub fn start(sandbox: &Sandbox, ca: &Ca) -> Self {
        Self {
            engine: Engine::start(sandbox),
            images: Images::new(sandbox),
            registry: Registry::start(sandbox, ca),
        }
    }

    /// Pushes a new image, with a manifest of Docker's.
    pub fn push(&self, repository: &str, tag: &str) -> Image {
        self.images.push(&self.registry, repository, tag)
    }

    /// What the registry has for a tag of an image's name, whose host does not matter.
    ///
    /// # Panics
    /// Where it has none.
    #[must_use]
    pub fn at(&self, name: &str, tag: &str) -> Image {
        self.images.at(&self.registry, repository(name), tag)
    }

    /// A new user of `docker` with the engine, who has seen nothing.
    #[must_use]
    pub fn docker(&self, stack: &NotaryStack) -> Docker {
        stack.docker().with_engine(&self.engine)
    }

    /// A repository with file keys that `docker trust` makes: the signer `alice`, who signs each of
    /// these tags of a new image. The server has the snapshot's key.
    ///
    /// `gun` is [`Registry::local`] or [`Registry::named`].
    #[must_use]
    pub fn docker_signed(
        &self,
        stack: &NotaryStack,
        gun: &str,
        tags: &[&str],
    ) -> FileKeyRepository<Docker> {
        let alice = self.docker(stack);
        alice.ok(&["trust", "key", "generate", "alice"]);
        alice.ok(&["trust", "signer", "add", "--key", "alice.pub", "alice", gun]);
        let signed = tags.iter().map(|tag| self.docker_sign(&alice, gun, tag));
        let tags = signed.collect();
        FileKeyRepository::new(gun, alice.clone(), alice.trust(), tags)
    }

    /// `docker trust sign` of a tag of a new image by a user who may; what it pushed and signed.
    pub fn docker_sign(&self, user: &Docker, gun: &str, tag: &str) -> Image {
        let pushed = self.push(repository(gun), tag);
        let name = format!("{gun}:{tag}");
        user.ok(&["pull", "--quiet", &name]);
        user.ok(&["trust", "sign", &name]);
        // The engine writes the manifest anew.
        let says = pushed.says;
        Image {
            says,
            ..self.at(gun, tag)
        }
    }

    /// A repository with file keys that `notary` makes: the tags, each of a new image, are in the
    /// role `targets`, and the user has the snapshot's key.
    #[must_use]
    pub fn notary_signed(
        &self,
        stack: &NotaryStack,
        gun: &str,
        tags: &[&str],
    ) -> FileKeyRepository<Notary> {
        let alice = stack.notary();
        alice.ok(&["init", gun]);
        let tags: Vec<_> = tags
            .iter()
            .map(|tag| self.push(repository(gun), tag))
            .collect();
        for image in &tags {
            alice.stage_image(gun, image, "targets");
        }
        alice.ok(&["publish", gun]);
        FileKeyRepository::new(gun, alice.clone(), alice.trust(), tags)
    }
}

/// Everything that there was before Privy Seal. An agent may stand beside it, for keys of its own.
#[derive(Debug)]
pub struct TrustStage {
    /// The users' side of Notary. It ends before its signer does.
    pub stack: NotaryStack,
    /// The users' side of images.
    pub host: ImageHost,
    /// notary-signer.
    pub signer: NotarySigner,
    /// Issued the certificates of all.
    pub ca: Ca,
    /// The test's directory.
    pub sandbox: Sandbox,
}

impl TrustStage {
    /// Starts all of it. Says that the test is skipped where a program is missing.
    #[must_use]
    pub fn start() -> Option<Self> {
        let there = notary::installed() && require::program("notary-signer");
        if !there || !ImageHost::installed() {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        let signer = NotarySigner::start(&sandbox, &ca);
        Some(Self {
            stack: NotaryStack::start(&sandbox, &ca, signer.at()),
            host: ImageHost::start(&sandbox, &ca),
            signer,
            ca,
            sandbox,
        })
    }

    /// A new user of `docker` with the engine, who has seen nothing.
    #[must_use]
    pub fn docker(&self) -> Docker {
        self.host.docker(&self.stack)
    }

    /// [`ImageHost::docker_signed`] with this stack.
    #[must_use]
    pub fn docker_signed(&self, gun: &str, tags: &[&str]) -> FileKeyRepository<Docker> {
        self.host.docker_signed(&self.stack, gun, tags)
    }

    /// [`ImageHost::notary_signed`] with this stack.
    #[must_use]
    pub fn notary_signed(&self, gun: &str, tags: &[&str]) -> FileKeyRepository<Notary> {
        self.host.notary_signed(&self.stack, gun, tags)
    }
}

/// What follows the host.
fn repository(name: &str) -> &str {
    let (_, repository) = name.split_once('/').expect("HOST:PORT/REPOSITORY");
    repository
}
