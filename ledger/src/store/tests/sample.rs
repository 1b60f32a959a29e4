//! Small ledgers with a real key, and their files as bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use privyseal_proto::ledger::v1::{
    AgentStopped, Checkpoint, Genesis, Record, Superseded, record::Event,
};
use prost::Message;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use tempfile::TempDir;

use crate::{
    Hash, Head, LedgerError, Replay, Store, checkpoint,
    store::{
        disk::{Disk, System},
        verify_directory,
    },
};

const SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/// A ledger key.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
    }

    pub(super) fn genesis(&self) -> Vec<u8> {
        let point = self.0.public_key().as_ref();
        let public_key = [&hex::decode(SPKI).unwrap(), point].concat();
        record(Event::Genesis(Genesis {
            public_key,
            nonce: vec![7; 16],
            ..Genesis::default()
        }))
    }

    pub(super) fn checkpoint(&self, genesis: &Hash, head: &Head) -> Vec<u8> {
        let text = checkpoint::text(genesis, head);
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        record(Event::Checkpoint(Checkpoint {
            size: head.size,
            root: head.root.into(),
            signature: signature.as_ref().to_vec(),
        }))
    }
}

fn record(event: Event) -> Vec<u8> {
    Record {
        time: 1,
        event: Some(event),
    }
    .encode_to_vec()
}

/// A record of about `length` bytes.
pub(super) fn note(length: usize) -> Vec<u8> {
    record(Event::Superseded(Superseded {
        reason: "x".repeat(length),
        ..Superseded::default()
    }))
}

pub(super) fn stopped() -> Vec<u8> {
    record(Event::AgentStopped(AgentStopped {}))
}

/// A ledger in a directory of its own.
pub(super) struct Sample {
    pub(super) home: TempDir,
    pub(super) key: Key,
    pub(super) genesis: Hash,
}

impl Sample {
    pub(super) fn new() -> (Self, Store) {
        Self::on(Box::new(System))
    }

    pub(super) fn on(disk: Box<dyn Disk>) -> (Self, Store) {
        let (home, key) = (tempfile::tempdir().unwrap(), Key::new());
        let first = key.genesis();
        let genesis = Hash::leaf(&first);
        let checkpoint = key.checkpoint(
            &genesis,
            &Head {
                size: 1,
                root: genesis,
            },
        );
        let store =
            Store::create_on(disk, &home.path().join("ledger"), &first, &checkpoint).unwrap();
        (Self { home, key, genesis }, store)
    }

    /// A closed ledger of the given batches of notes.
    pub(super) fn of(batches: &[Vec<usize>]) -> Self {
        let (sample, mut store) = Self::new();
        for batch in batches {
            store.append(&notes(batch)).unwrap();
        }
        sample
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.home.path().join("ledger")
    }

    pub(super) fn segment(&self, number: u64) -> PathBuf {
        crate::store::segment::path(&self.dir(), number)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        fs::read(self.segment(0)).unwrap()
    }

    pub(super) fn open(&self) -> Result<(Store, Replay), LedgerError> {
        Store::open(&self.dir(), self.genesis, &mut |_, _| ())
    }

    pub(super) fn verify(&self) -> Result<Replay, LedgerError> {
        verify(&self.dir(), self.genesis)
    }

    /// The offsets of the records' frames, and where the last one ends.
    pub(super) fn offsets(&self) -> Vec<u64> {
        let access = crate::store::scan::Access::Read;
        let found =
            crate::store::scan::scan(&self.dir(), Some(self.genesis), access, &mut |_, _| ())
                .unwrap();
        found.offsets.into_iter().chain([found.end]).collect()
    }
}

pub(super) fn verify(dir: &Path, genesis: Hash) -> Result<Replay, LedgerError> {
    verify_directory(dir, Some(genesis), &mut |_, _| ())
}

pub(super) fn notes(lengths: &[usize]) -> Vec<Vec<u8>> {
    lengths.iter().map(|length| note(*length)).collect()
}
