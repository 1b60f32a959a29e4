//! The records in a directory: made, replayed, appended to. Blocking; one process at a time writes.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use privyseal_proto::ledger::v1::Record;

mod disk;
mod frame;
mod frames;
mod opening;
mod reader;
mod scan;
mod segment;
mod tail;
#[cfg(test)]
mod tests;
mod tip;
mod view;

pub use frame::{MAX_BATCH, MAX_RECORD};
pub use reader::Reader;
pub use scan::verify_directory;

use self::{
    disk::{Disk, System},
    tip::{Tip, Trouble},
    view::Segment,
};
use crate::{AuditError, Hash, Head, LedgerError, Summary};

/// The ledger in a directory, open for appending.
pub struct Store {
    dir: PathBuf,
    disk: Box<dyn Disk>,
    reader: Reader,
    tip: Tip,
    /// A write or sync failed: nothing is written to this segment any more.
    broken: bool,
    /// The last batch's frames, kept for its memory.
    frames: Vec<u8>,
    /// Held until the store is dropped.
    _lock: File,
}

/// What was found when a ledger was read from its first record to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The records, all of them verified.
    pub summary: Summary,
    /// Bytes of a torn last batch: written when the agent was interrupted, acknowledged to nobody,
    /// and not part of the ledger.
    pub torn_bytes: u64,
}

impl Replay {
    /// Whether the agent before this one ended by itself (or there was none).
    #[must_use]
    pub fn clean(&self) -> bool {
        self.summary.clean && self.torn_bytes == 0
    }
}

impl Store {
    /// Makes a ledger in `dir`, which is made too if only it is missing, from its genesis record
    /// and the checkpoint over that.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] where `dir` holds a ledger, [`LedgerError::Refused`] where the
    /// records are not these two, [`LedgerError::Locked`], [`LedgerError::Full`] or
    /// [`LedgerError::Failed`].
    pub fn create(dir: &Path, genesis: &[u8], checkpoint: &[u8]) -> Result<Self, LedgerError> {
        Self::create_on(Box::new(System), dir, genesis, checkpoint)
    }

    /// Opens the ledger in `dir` after verifying all of it. `fold` is called with each record and
    /// its index, also when a later record turns out to be damaged.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(
        dir: &Path,
        expected_genesis: Hash,
        fold: &mut dyn FnMut(u64, &Record),
    ) -> Result<(Self, Replay), LedgerError> {
        Self::open_on(Box::new(System), dir, expected_genesis, fold)
    }

    /// Appends encoded records with one write and one sync; returns the head that holds them, when
    /// they are durable. After an error none of them counts as recorded.
    ///
    /// # Errors
    /// [`LedgerError::Refused`] where a replay would not take a record, or records are too large
    /// ([`MAX_RECORD`], [`MAX_BATCH`]); [`LedgerError::Full`] and [`LedgerError::Failed`], after
    /// which a later append succeeds when the cause is gone.
    pub fn append(&mut self, batch: &[Vec<u8>]) -> Result<Head, LedgerError> {
        if batch.is_empty() {
            return Ok(self.head());
        }
        let checked = self.check(batch)?;
        self.tip.check_in_place()?;
        let relative = frame::encode_batch(batch, self.head().size, &mut self.frames)?;
        self.write()?;
        Ok(self.publish(checked, &relative))
    }

    /// The durable head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.reader.head()
    }

    /// The ledger's name: the leaf hash of its genesis record.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        self.reader.genesis()
    }

    /// A handle that reads what is durable, from any thread.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The number of the segment that is written to. It grows by one each time that a write or a
    /// sync has failed, which is worth an operator's attention.
    #[must_use]
    pub fn segment(&self) -> u64 {
        self.tip.number
    }

    /// Decodes and checks records over the durable tree, as a replay will.
    fn check(&self, batch: &[Vec<u8>]) -> Result<Vec<(Record, Hash)>, LedgerError> {
        let view = self.reader.shared.read();
        batch
            .iter()
            .map(|record| view.audit.check(record).map_err(refused))
            .collect()
    }

    fn write(&mut self) -> Result<(), LedgerError> {
        if !self.broken {
            match self.tip.add(&*self.disk, &self.frames) {
                Ok(()) => return Ok(()),
                Err(Trouble::NoRoom) => {
                    return Err(LedgerError::Full {
                        path: self.dir.clone(),
                    });
                }
                Err(Trouble::Broken) => self.broken = true,
            }
        }
        let start = self.head();
        let header = segment::Header {
            number: self.tip.number + 1,
            genesis: self.genesis(),
            start,
        };
        self.tip = Tip::create(&*self.disk, &self.dir, &header, &self.frames)
            .map_err(|error| LedgerError::io(&self.dir, "cannot make a segment in", error))?;
        self.broken = false;
        self.reader
            .shared
            .write()
            .segments
            .push(Segment::of(&self.tip, start.size));
        Ok(())
    }

    /// Shows durable records to the readers.
    fn publish(&self, checked: Vec<(Record, Hash)>, relative: &[u64]) -> Head {
        let base = self.tip.end - self.frames.len() as u64;
        let mut view = self.reader.shared.write();
        view.offsets
            .extend(relative.iter().map(|offset| base + offset));
        for (record, leaf) in checked {
            view.audit.advance(&record, leaf);
        }
        view.head = view.audit.tree().head();
        view.head
    }
}

fn refused(error: AuditError) -> LedgerError {
    LedgerError::Refused {
        what: error.to_string(),
    }
}
