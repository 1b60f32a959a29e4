//! The records in a directory: made, replayed, appended to. Blocking; one process at a time writes.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use privyseal_proto::ledger::v1::Record;

mod disk;
mod frame;
mod frames;
mod reader;
mod scan;
mod segment;
mod tail;
#[cfg(test)]
mod tests;
mod tip;
mod view;

pub use frame::MAX_RECORD;
pub use reader::Reader;
pub use scan::verify_directory;

use self::{
    disk::{Disk, System},
    scan::{Access, Found},
    tip::{Tip, Trouble},
    view::{Segment, Shared},
};
use crate::{Audit, AuditError, Hash, Head, LedgerError, Summary};

/// The largest batch in bytes, 36 to 43 bytes a record included.
pub const MAX_BATCH: usize = 16 << 20;

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
        let relative = encode(batch, self.head().size, &mut self.frames)?;
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

    fn create_on(
        disk: Box<dyn Disk>,
        dir: &Path,
        genesis: &[u8],
        checkpoint: &[u8],
    ) -> Result<Self, LedgerError> {
        let mut audit = Audit::new(None);
        let start = audit.tree().head();
        for (index, record) in [genesis, checkpoint].into_iter().enumerate() {
            audit.push(index as u64, record).map_err(refused)?;
        }
        let name = audit.finish().map_err(refused)?.genesis;
        segment::create_directory(dir)
            .map_err(|error| LedgerError::io(dir, "cannot make the directory", error))?;
        let lock = lock(dir)?;
        if segment::count(dir)? > 0 {
            return Err(LedgerError::Exists { path: dir.into() });
        }
        let mut frames = Vec::new();
        let mut offsets = encode(&[genesis, checkpoint], 0, &mut frames)?;
        offsets
            .iter_mut()
            .for_each(|offset| *offset += segment::HEADER as u64);
        let header = segment::Header {
            number: 0,
            genesis: Hash([0; 32]),
            start,
        };
        let tip = Tip::create(&*disk, dir, &header, &frames)
            .map_err(|error| LedgerError::io(dir, "cannot make a segment in", error))?;
        let shared = Shared::new(audit, offsets, vec![Segment::of(&tip, 0)]);
        let reader = Reader {
            shared,
            genesis: name,
        };
        let dir = dir.to_path_buf();
        Ok(Self {
            dir,
            disk,
            reader,
            tip,
            broken: false,
            frames,
            _lock: lock,
        })
    }

    fn open_on(
        disk: Box<dyn Disk>,
        dir: &Path,
        expected_genesis: Hash,
        fold: &mut dyn FnMut(u64, &Record),
    ) -> Result<(Self, Replay), LedgerError> {
        // Before the lock, which would leave a file in a directory that holds no ledger.
        if segment::count(dir)? == 0 {
            return Err(LedgerError::Missing {
                path: segment::path(dir, 0),
            });
        }
        let lock = lock(dir)?;
        let found = scan::scan(dir, Some(expected_genesis), Access::Write, fold)?;
        let Found {
            audit,
            replay,
            segments,
            starts,
            offsets,
            end,
            last_batch,
        } = found;
        let length = segments.last().map_or(0, |segment| segment.length);
        let segments: Vec<_> = starts
            .into_iter()
            .zip(segments)
            .map(|(start, found)| Segment {
                start,
                path: found.path.into(),
                file: found.file.into(),
            })
            .collect();
        let number = segments.len().saturating_sub(1) as u64;
        let Some(Segment { path, file, .. }) = segments.last().cloned() else {
            return Err(LedgerError::Missing {
                path: segment::path(dir, 0),
            });
        };
        let tip = Tip {
            number,
            path,
            file,
            end,
            length,
        };
        tip.settle(&*disk, last_batch, replay.torn_bytes)
            .map_err(|error| LedgerError::io(&*tip.path, "cannot sync", error))?;
        let shared = Shared::new(audit, offsets, segments);
        let reader = Reader {
            shared,
            genesis: expected_genesis,
        };
        let dir = dir.to_path_buf();
        let store = Self {
            dir,
            disk,
            reader,
            tip,
            broken: false,
            frames: Vec::new(),
            _lock: lock,
        };
        Ok((store, replay))
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

impl Segment {
    fn of(tip: &Tip, start: u64) -> Self {
        Self {
            start,
            path: tip.path.clone(),
            file: tip.file.clone(),
        }
    }
}

/// Writes the frames of a batch that begins with record `first` into `frames`; returns where each
/// begins.
fn encode<R: AsRef<[u8]>>(
    batch: &[R],
    first: u64,
    frames: &mut Vec<u8>,
) -> Result<Vec<u64>, LedgerError> {
    frames.clear();
    let mut offsets = Vec::with_capacity(batch.len());
    for (index, record) in (first..).zip(batch) {
        let record = record.as_ref();
        if record.len() > MAX_RECORD {
            let what = format!(
                "a record of {} bytes, the limit is {MAX_RECORD}",
                record.len()
            );
            return Err(LedgerError::Refused { what });
        }
        offsets.push(frames.len() as u64);
        frame::encode(record, index, first, frames);
        if frames.len() > MAX_BATCH {
            let what = format!("a batch of more than {MAX_BATCH} bytes");
            return Err(LedgerError::Refused { what });
        }
    }
    Ok(offsets)
}

fn refused(error: AuditError) -> LedgerError {
    LedgerError::Refused {
        what: error.to_string(),
    }
}

/// Takes the directory's lock, or says that another agent has it.
fn lock(dir: &Path) -> Result<File, LedgerError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(|error| LedgerError::io(&path, "cannot open", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path }),
        Err(TryLockError::Error(error)) => Err(LedgerError::io(path, "cannot lock", error)),
    }
}
