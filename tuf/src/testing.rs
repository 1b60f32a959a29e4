//! Keys and repositories for this crate's own tests. Private keys exist only here.

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::{Document, Draft, Expires, Key, KeyId, MetaFile, PublicKey, RoleType, Root};
use crate::{Requirement, Signature, Signing, Snapshot, Targets, Timestamp};

pub(crate) enum TestKey {
    P256(SigningKey),
    Ed25519(Ed25519KeyPair),
}

impl TestKey {
    pub(crate) fn p256(seed: u8) -> Self {
        Self::P256(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub(crate) fn ed25519(seed: u8) -> Self {
        Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                PublicKey::ecdsa_p256(point.as_bytes()).unwrap()
            }
            Self::Ed25519(key) => PublicKey::ed25519(key.public_key().as_ref().try_into().unwrap()),
        }
    }

    pub(crate) fn key(&self) -> Key {
        Key::from_public(&self.public())
    }

    pub(crate) fn keyid(&self) -> KeyId {
        self.key().keyid().clone()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Signature::EcdsaP256(signature.to_bytes().into())
            }
            Self::Ed25519(key) => {
                Signature::Ed25519(key.sign(message).as_ref().try_into().unwrap())
            }
        }
    }
}

/// A moment before everything that these tests make expires.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn expires() -> Expires {
    "2040-01-02T03:04:05Z".parse().unwrap()
}

/// A root whose root role has `keys`, of which `threshold` must sign; `online` has all others.
pub(crate) fn root_draft(version: u64, keys: &[&TestKey], threshold: u32) -> Draft<Root> {
    let mut draft = Draft::root(version, &expires());
    let keyids: Vec<KeyId> = keys.iter().map(|key| draft.add_key(&key.key())).collect();
    draft.set_role(RoleType::Root, &keyids, threshold);
    let online = draft.add_key(&online().key());
    for role in [RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp] {
        draft.set_role(role, std::slice::from_ref(&online), 1);
    }
    draft
}

pub(crate) fn online() -> TestKey {
    TestKey::ed25519(200)
}

/// Adds signatures without asking whether anybody requires them.
pub(crate) fn signed(document: Document, keys: &[&TestKey]) -> Document {
    let mut document = document;
    for key in keys {
        let signature = key.sign(&document.payload().bytes());
        document.put_signature(&key.keyid(), &signature);
    }
    document
}

pub(crate) fn requirements(old: Option<&Root>, new: &Document) -> Vec<Requirement> {
    Requirement::of_root(old, &new.root().unwrap())
}

pub(crate) fn signing(old: Option<&Root>, new: Document) -> Signing {
    let requirements = requirements(old, &new);
    Signing::new(new, requirements)
}

pub(crate) fn targets(version: u64) -> Draft<Targets> {
    Draft::targets(version, &expires())
}

pub(crate) fn snapshot(version: u64, targets: &[u8], targets_version: u64) -> Draft<Snapshot> {
    Draft::snapshot(version, &expires(), &meta(targets, targets_version))
}

pub(crate) fn timestamp(version: u64, snapshot: &[u8], snapshot_version: u64) -> Draft<Timestamp> {
    Draft::timestamp(version, &expires(), &meta(snapshot, snapshot_version))
}

pub(crate) fn meta(content: &[u8], version: u64) -> MetaFile {
    MetaFile {
        version,
        length: Some(content.len() as u64),
        hashes: Some(crate::Hashes::sha256_of(content)),
    }
}
