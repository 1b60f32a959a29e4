//! A repository of images whose keys are at one agent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use privyseal_proto::v1::{
    Key as KeyInfo, LineageRef, ObserveReply, ObserveRequest, RoleMemory, SignRequest, Signed,
};
use privyseal_tests::metadata::digest;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tuf::{Document, Key, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::documents::{self, To};
use crate::stage::{IMAGES, Stage};

/// A key at the agent, as metadata has it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) key: Key,
}

pub(crate) struct Image {
    pub(crate) gun: String,
    /// The first suffices.
    pub(crate) root: Vec<Held>,
    pub(crate) targets: Held,
    pub(crate) snapshot: Held,
    /// notary-server's.
    pub(crate) timestamp: Key,
    pub(crate) lineage: LineageRef,
    /// The first root with its signature; empty until it is opened.
    pub(crate) first_root: Vec<u8>,
}

/// A key as notary writes it, without a certificate.
pub(crate) fn bare(key: &KeyInfo) -> Key {
    Key::of_notary(&PublicKey::from_spki_pem(&key.public_key).unwrap())
}

/// A signer without an agent.
pub(crate) struct Foreign {
    pub(crate) key: Key,
    pair: Ed25519KeyPair,
}

impl Foreign {
    pub(crate) fn new() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let public = pair.public_key().as_ref().try_into().unwrap();
        let key = Key::of_notary(&PublicKey::ed25519(public));
        Self { key, pair }
    }

    /// The document with its signature.
    pub(crate) fn completed(&self, role: &str, document: &[u8]) -> Vec<u8> {
        let payload = Document::parse(document).unwrap().payload().bytes();
        let signed = Signed {
            keyid: self.key.keyid().to_string(),
            method: "eddsa".to_owned(),
            sig: STANDARD.encode(self.pair.sign(&payload)),
            ..Default::default()
        };
        documents::signed(document, role, &[&signed])
    }
}

/// A key of somebody else's.
pub(crate) fn foreign() -> Key {
    Foreign::new().key
}

impl Image {
    /// `reg.example.test/team/{short}`: two root keys, and all keys on P-256. Nothing is signed.
    pub(crate) fn new(stage: &Stage, short: &str) -> Self {
        Self::of(stage, short, ["ecdsa-p256", "ecdsa-p256"], "ecdsa-p256")
    }

    /// As [`Self::new`], where the caller of every team has no grant.
    pub(crate) fn of_others(stage: &Stage, short: &str) -> Self {
        let gun = format!("reg.example.test/others/{short}");
        Self::named(stage, short, gun, ["ecdsa-p256"; 2], "ecdsa-p256")
    }

    /// With these algorithms for the root keys and the targets key.
    pub(crate) fn of(stage: &Stage, short: &str, root: [&str; 2], targets: &str) -> Self {
        let gun = format!("reg.example.test/team/{short}");
        Self::named(stage, short, gun, root, targets)
    }

    fn named(stage: &Stage, short: &str, gun: String, root: [&str; 2], targets: &str) -> Self {
        let root = [("one", root[0]), ("two", root[1])].map(|(which, algorithm)| {
            let name = format!("{short}-root-{which}");
            stage.key(&name, algorithm, "root", &gun);
            certified(stage, &name, &gun)
        });
        let held = |role: &str, algorithm: &str| {
            let name = format!("{short}-{role}");
            let key = bare(&stage.key(&name, algorithm, role, &gun));
            Held { name, key }
        };
        Self {
            root: root.to_vec(),
            targets: held("targets", targets),
            snapshot: held("snapshot", "ecdsa-p256"),
            timestamp: foreign(),
            lineage: LineageRef {
                authority: IMAGES.to_owned(),
                repository: gun.clone(),
                first_root: String::new(),
            },
            first_root: Vec::new(),
            gun,
        }
    }

    /// Its next root, without signatures.
    pub(crate) fn root(&self, version: u64) -> Vec<u8> {
        self.root_of(version, &keys(&self.root))
    }

    /// A root with these root keys, without signatures.
    pub(crate) fn root_of(&self, version: u64, root: &[Key]) -> Vec<u8> {
        let one = std::slice::from_ref;
        let (targets, snapshot) = (one(&self.targets.key), one(&self.snapshot.key));
        documents::root(version, [root, targets, snapshot, one(&self.timestamp)], 1)
    }

    /// With a first root.
    pub(crate) fn opened(mut self, rpc: &Rpc) -> Self {
        let root = self.root(1);
        self.first_root = self.completed(rpc, "root", &self.root[0].name, &root);
        self.lineage.first_root = digest(&root).to_string();
        self
    }

    /// With a first root, and these tags and delegations in targets version 1, which is returned.
    pub(crate) fn published(self, rpc: &Rpc, tags: &[&str], to: &[To<'_>]) -> (Self, Vec<u8>) {
        let image = self.opened(rpc);
        let targets = documents::targets(1, tags, to);
        let targets = image.completed(rpc, "targets", &image.targets.name, &targets);
        (image, targets)
    }

    pub(crate) fn sign(&self, rpc: &Rpc, role: &str, key: &str, document: &[u8]) -> Answer<Signed> {
        rpc.sign(SignRequest {
            id: 0,
            lineage: Some(self.lineage.clone()),
            role: role.to_owned(),
            key: key.to_owned(),
            document: document.to_vec(),
        })
    }

    /// The document with the key's signature.
    pub(crate) fn completed(&self, rpc: &Rpc, role: &str, key: &str, document: &[u8]) -> Vec<u8> {
        let given = self.sign(rpc, role, key, document).unwrap();
        documents::signed(document, role, &[&given])
    }

    pub(crate) fn observe(&self, rpc: &Rpc, role: &str, document: &[u8]) -> Answer<ObserveReply> {
        rpc.observe(ObserveRequest {
            lineage: Some(self.lineage.clone()),
            role: role.to_owned(),
            document: document.to_vec(),
        })
    }

    /// What the agent remembers of a role.
    pub(crate) fn memory(&self, rpc: &Rpc, role: &str) -> Option<RoleMemory> {
        let roles = rpc.lineage_with(&self.lineage, &[role]).unwrap().roles;
        roles.into_iter().find(|memory| memory.role == role)
    }
}

/// A root key with a certificate of this name.
pub(crate) fn certified(stage: &Stage, name: &str, common_name: &str) -> Held {
    let pem = stage.certificate(name, common_name);
    Held {
        name: name.to_owned(),
        key: Key::of_certificate(pem.as_bytes()).unwrap(),
    }
}

pub(crate) fn keys(held: &[Held]) -> Vec<Key> {
    held.iter().map(|held| held.key.clone()).collect()
}
