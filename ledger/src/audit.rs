//! The rules that every ledger keeps, checked record by record.
//!
//! One verifier for all: the agent's replay, the client's `ledger verify`, and every append, which
//! writes nothing that a replay would refuse.

use privyseal_proto::ledger::v1::{Checkpoint, Genesis, Record, record::Event};
use prost::Message;

use crate::{Hash, Head, Tree, checkpoint};

/// A verifier that takes a ledger's records in their order.
#[derive(Debug, Clone)]
pub struct Audit {
    expected: Option<Hash>,
    named: Option<Named>,
    tree: Tree,
    checkpoints: u64,
    last_checkpoint: Option<Head>,
    ending: Ending,
}

/// What the genesis record fixes.
#[derive(Debug, Clone)]
struct Named {
    genesis: Hash,
    public_key: Vec<u8>,
}

/// How the records so far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Quiet,
    Running,
}

/// What an [`Audit`] has seen and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The ledger's name: the leaf hash of its genesis record.
    pub genesis: Hash,
    /// SubjectPublicKeyInfo (DER) of the ledger key.
    pub public_key: Vec<u8>,
    /// The size and root over all records.
    pub head: Head,
    /// Number of checkpoints, each with a good signature over its place in this very tree.
    pub checkpoints: u64,
    /// What the last checkpoint covers; the records after it are vouched for by nobody's signature.
    pub last_checkpoint: Head,
    /// The records end as an agent leaves them that stopped by itself (or that was never started):
    /// with AgentStopped, or with a checkpoint right after it or after genesis.
    pub clean: bool,
}

impl Audit {
    /// Starts before record 0. Without an expected genesis any ledger is taken, and the summary
    /// says which it was.
    #[must_use]
    pub fn new(expected_genesis: Option<Hash>) -> Self {
        Self {
            expected: expected_genesis,
            named: None,
            tree: Tree::new(),
            checkpoints: 0,
            last_checkpoint: None,
            ending: Ending::Running,
        }
    }

    /// Takes the next record and returns it decoded. After an error the audit has not advanced.
    ///
    /// # Errors
    /// See [`AuditError`].
    pub fn push(&mut self, index: u64, bytes: &[u8]) -> Result<Record, AuditError> {
        if index != self.tree.size() {
            return Err(self.error("it stands where another record was expected"));
        }
        let (record, leaf) = self.check(bytes)?;
        self.advance(&record, leaf);
        Ok(record)
    }

    /// Checks that `bytes` could be a next record, over the tree as it is, and returns it with its
    /// leaf hash.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(Record, Hash), AuditError> {
        let record =
            Record::decode(bytes).map_err(|_| self.error("it is not an encoded record"))?;
        let leaf = Hash::leaf(bytes);
        match (&record.event, &self.named) {
            (None, _) => Err(self.error("it holds an event that this version does not know")),
            (Some(Event::Genesis(genesis)), None) => self.check_genesis(genesis, leaf),
            (_, None) => Err(self.error("the first record must be the genesis record")),
            (Some(Event::Genesis(_)), Some(_)) => Err(self.error("it is a second genesis record")),
            (Some(Event::Checkpoint(checkpoint)), Some(named)) => {
                self.check_checkpoint(checkpoint, named)
            }
            _ if self.last_checkpoint.is_none() => {
                Err(self.error("the record after genesis must be a checkpoint over it"))
            }
            _ => Ok(()),
        }?;
        Ok((record, leaf))
    }

    /// Appends a record that [`Self::check`] accepted.
    pub(crate) fn advance(&mut self, record: &Record, leaf: Hash) {
        self.ending = match &record.event {
            Some(Event::Genesis(genesis)) => {
                let public_key = genesis.public_key.clone();
                self.named = Some(Named {
                    genesis: leaf,
                    public_key,
                });
                Ending::Quiet
            }
            Some(Event::Checkpoint(checkpoint)) => {
                self.checkpoints += 1;
                self.last_checkpoint = head(checkpoint);
                self.ending
            }
            Some(Event::AgentStopped(_)) => Ending::Quiet,
            _ => Ending::Running,
        };
        self.tree.push(leaf);
    }

    /// The records so far as a whole.
    ///
    /// # Errors
    /// [`AuditError::Record`] where there are not even the two records that every ledger begins
    /// with.
    pub fn finish(&self) -> Result<Summary, AuditError> {
        let (Some(named), Some(last_checkpoint)) = (&self.named, self.last_checkpoint) else {
            return Err(self.error("the ledger ends before its first checkpoint"));
        };
        Ok(Summary {
            genesis: named.genesis,
            public_key: named.public_key.clone(),
            head: self.tree.head(),
            checkpoints: self.checkpoints,
            last_checkpoint,
            clean: self.ending == Ending::Quiet,
        })
    }

    /// The ledger's name, once its genesis record was taken.
    #[must_use]
    pub fn genesis(&self) -> Option<Hash> {
        self.named.as_ref().map(|named| named.genesis)
    }

    /// The tree of the records so far.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    fn check_genesis(&self, genesis: &Genesis, found: Hash) -> Result<(), AuditError> {
        checkpoint::point(&genesis.public_key).map_err(|why| self.error(why.to_string()))?;
        match self.expected {
            Some(expected) if expected != found => {
                Err(AuditError::WrongGenesis { expected, found })
            }
            _ => Ok(()),
        }
    }

    fn check_checkpoint(&self, checkpoint: &Checkpoint, named: &Named) -> Result<(), AuditError> {
        let head = head(checkpoint).ok_or_else(|| self.error("its root is not a hash"))?;
        let covered = head.size > 0 && self.tree.root(head.size) == Some(head.root);
        if !covered {
            return Err(self.error("the checkpoint is over other records than the ones before it"));
        }
        let text = checkpoint::text(&named.genesis, &head);
        checkpoint::verify(&named.public_key, &text, &checkpoint.signature)
            .map_err(|why| self.error(why.to_string()))
    }

    fn error(&self, what: impl Into<String>) -> AuditError {
        AuditError::Record {
            record: self.tree.size(),
            what: what.into(),
        }
    }
}

fn head(checkpoint: &Checkpoint) -> Option<Head> {
    let root = Hash::try_from(checkpoint.root.as_slice()).ok()?;
    Some(Head {
        size: checkpoint.size,
        root,
    })
}

/// Why records are not a ledger, or not the expected one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The genesis record is another one.
    #[error("this is another ledger: its genesis is {found}, expected was {expected}")]
    WrongGenesis {
        /// The genesis that was asked for.
        expected: Hash,
        /// The genesis that is there.
        found: Hash,
    },
    /// A record breaks a rule.
    #[error("record {record}: {what}")]
    Record {
        /// Its index.
        record: u64,
        /// What is wrong with it.
        what: String,
    },
}
