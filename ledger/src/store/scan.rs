//! Reads a directory's records from the first to the last and verifies all of it.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use privyseal_proto::ledger::v1::Record;

use super::{
    MAX_BATCH, Replay,
    disk::CHUNK,
    frame::{self, MIN_FRAME},
    frames::Frames,
    segment,
    tail::{self, Verdict},
};
use crate::{Audit, AuditError, Hash, LedgerError};

const READING: &str = "cannot read";

/// Verifies the ledger in a directory without writing to it: a copy, or one that no agent holds.
///
/// `fold` is called with each record and its index.
///
/// # Errors
/// See [`LedgerError`].
pub fn verify_directory(
    dir: &Path,
    expected_genesis: Option<Hash>,
    fold: &mut dyn FnMut(u64, &Record),
) -> Result<Replay, LedgerError> {
    scan(dir, expected_genesis, Access::Read, fold).map(|found| found.replay)
}

/// How the segments are opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A segment's file and what it says of itself; no header where that cannot be read.
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) length: u64,
    header: Option<segment::Header>,
}

/// A verified ledger and where its records stand.
pub(super) struct Found {
    pub(super) audit: Audit,
    pub(super) replay: Replay,
    pub(super) segments: Vec<Segment>,
    /// The first record of each segment.
    pub(super) starts: Vec<u64>,
    /// The offset of each record's frame in its segment.
    pub(super) offsets: Vec<u64>,
    /// Where the records end in the last segment.
    pub(super) end: u64,
    /// Where the last batch begins in the last segment; `end` where it holds none.
    pub(super) last_batch: u64,
}

/// Reads and verifies all segments.
pub(super) fn scan(
    dir: &Path,
    expected_genesis: Option<Hash>,
    access: Access,
    fold: &mut dyn FnMut(u64, &Record),
) -> Result<Found, LedgerError> {
    let segments = open_all(dir, access)?;
    let mut walk = Walk {
        audit: Audit::new(expected_genesis),
        fold,
        starts: Vec::with_capacity(segments.len()),
        offsets: Vec::new(),
        batch: 0,
        last_batch: 0,
        end: 0,
    };
    let mut torn_bytes = 0;
    for (number, segment) in segments.iter().enumerate() {
        walk.enter(number as u64, segment)?;
        let Some(next) = segments.get(number + 1) else {
            walk.records(segment, u64::MAX)?;
            torn_bytes = walk.judge(segment)?;
            break;
        };
        // Where the next header is unreadable, what is wrong with it is said when it is entered.
        let limit = next.header.map_or(u64::MAX, |header| header.start.size);
        walk.records(segment, limit)?;
        if next.header.is_some() && walk.index() < limit {
            return Err(walk.missing_records(segment));
        }
    }
    walk.finish(segments, torn_bytes)
}

fn open_all(dir: &Path, access: Access) -> Result<Vec<Segment>, LedgerError> {
    match segment::count(dir)? {
        0 => Err(LedgerError::Missing {
            path: segment::path(dir, 0),
        }),
        count => (0..count)
            .map(|number| open(segment::path(dir, number), access))
            .collect(),
    }
}

fn open(path: PathBuf, access: Access) -> Result<Segment, LedgerError> {
    let file = match OpenOptions::new()
        .read(true)
        .write(access == Access::Write)
        .open(&path)
    {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LedgerError::Missing { path });
        }
        file => file.map_err(|error| LedgerError::io(&path, "cannot open", error))?,
    };
    let mut bytes = [0; segment::HEADER];
    let header = match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(LedgerError::io(path, READING, error)),
        Ok(()) => segment::Header::parse(&bytes),
    };
    let metadata = file
        .metadata()
        .map_err(|error| LedgerError::io(&path, READING, error))?;
    Ok(Segment {
        path,
        file,
        length: metadata.len(),
        header,
    })
}

/// The state of a scan between two records.
struct Walk<'f> {
    audit: Audit,
    fold: &'f mut dyn FnMut(u64, &Record),
    starts: Vec<u64>,
    offsets: Vec<u64>,
    /// The index of the first record of the last batch, and its offset.
    batch: u64,
    last_batch: u64,
    end: u64,
}

impl Walk<'_> {
    /// The index of the next record.
    fn index(&self) -> u64 {
        self.audit.tree().size()
    }

    /// Checks that a segment is the one that must follow.
    fn enter(&mut self, number: u64, segment: &Segment) -> Result<(), LedgerError> {
        self.end = 0;
        let genesis = self.audit.genesis().unwrap_or(Hash([0; 32]));
        let expected = segment::Header {
            number,
            genesis,
            start: self.audit.tree().head(),
        };
        match segment.header {
            None if segment.length < segment::HEADER as u64 => Err(self.truncated(segment)),
            None => Err(self.damaged(segment, "the segment's header is not what was written")),
            Some(header) if header != expected => Err(self.damaged(
                segment,
                "the segment belongs to another ledger, or does not continue the one before it",
            )),
            Some(_) => {
                self.starts.push(self.index());
                self.end = segment::HEADER as u64;
                self.last_batch = self.end;
                self.batch = self.index();
                Ok(())
            }
        }
    }

    /// Takes the records up to `limit`, or to the first frame that is not whole.
    fn records(&mut self, segment: &Segment, limit: u64) -> Result<(), LedgerError> {
        let mut frames = Frames::new(&segment.file, self.end);
        while self.index() < limit {
            let frame = frames.next();
            let frame = frame.map_err(|error| LedgerError::io(&segment.path, READING, error))?;
            let Some(frame) = frame else { break };
            self.check_place(segment, &frame.header)?;
            let index = self.index();
            let record = self
                .audit
                .push(index, frame.payload)
                .map_err(|error| self.refused(segment, error))?;
            (self.fold)(index, &record);
            self.offsets.push(frame.offset);
            if frame.header.batch == index {
                self.batch = index;
                self.last_batch = frame.offset;
            }
            self.end = frames.offset();
        }
        Ok(())
    }

    fn check_place(&self, segment: &Segment, header: &frame::Header) -> Result<(), LedgerError> {
        let index = self.index();
        if header.index == index && (header.batch == index || header.batch == self.batch) {
            return Ok(());
        }
        Err(self.damaged(segment, "another record stands in its place"))
    }

    /// Judges what follows the last whole record of the last segment; returns the number of torn
    /// bytes.
    fn judge(&self, segment: &Segment) -> Result<u64, LedgerError> {
        let rest = segment.length.saturating_sub(self.end);
        if !segment.length.is_multiple_of(CHUNK) || rest == 0 {
            return Err(self.truncated(segment));
        }
        // Space is taken for one batch at a time.
        if rest > MAX_BATCH as u64 + 2 * CHUNK {
            return Err(self.damaged(segment, "more follows than one batch can leave"));
        }
        let mut tail = vec![0; rest as usize];
        let read = segment.file.read_exact_at(&mut tail, self.end);
        read.map_err(|error| LedgerError::io(&segment.path, READING, error))?;
        let needed = frame::Header::parse(&tail).map_or(MIN_FRAME, |header| header.frame_length());
        match tail::judge(&tail, self.end, self.index()) {
            Verdict::Clean => Ok(0),
            _ if needed > tail.len() => Err(self.truncated(segment)),
            Verdict::Torn(bytes) => Ok(bytes),
            Verdict::Damage(what) => Err(self.damaged(segment, what)),
        }
    }

    /// A segment that has a successor holds fewer records than that says.
    fn missing_records(&self, segment: &Segment) -> LedgerError {
        if segment.length.is_multiple_of(CHUNK) && self.end < segment.length {
            self.damaged(segment, "it is not whole, though a later segment follows")
        } else {
            self.truncated(segment)
        }
    }

    fn finish(self, segments: Vec<Segment>, torn_bytes: u64) -> Result<Found, LedgerError> {
        let summary = match (self.audit.finish(), segments.last()) {
            (Ok(summary), _) => summary,
            (Err(error), Some(segment)) => return Err(self.refused(segment, error)),
            (Err(error), None) => {
                return Err(LedgerError::Refused {
                    what: error.to_string(),
                });
            }
        };
        Ok(Found {
            audit: self.audit,
            replay: Replay {
                summary,
                torn_bytes,
            },
            segments,
            starts: self.starts,
            offsets: self.offsets,
            end: self.end,
            last_batch: self.last_batch,
        })
    }

    fn refused(&self, segment: &Segment, error: AuditError) -> LedgerError {
        match error {
            AuditError::WrongGenesis { expected, found } => {
                LedgerError::WrongGenesis { expected, found }
            }
            AuditError::Record { what, .. } => self.damaged(segment, what),
        }
    }

    fn damaged(&self, segment: &Segment, what: impl Into<String>) -> LedgerError {
        LedgerError::Damaged {
            record: self.index(),
            path: segment.path.clone(),
            offset: self.end,
            what: what.into(),
        }
    }

    fn truncated(&self, segment: &Segment) -> LedgerError {
        LedgerError::Truncated {
            path: segment.path.clone(),
            length: segment.length,
            record: self.index(),
        }
    }
}
