//! Making and opening a ledger's directory.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use privyseal_proto::ledger::v1::Record;

use super::{
    Reader, Replay, Store,
    disk::Disk,
    frame, refused,
    scan::{self, Access, Found},
    segment,
    tip::Tip,
    view::{Segment, Shared},
};
use crate::{Audit, Hash, LedgerError};

impl Store {
    pub(super) fn create_on(
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
        let mut offsets = frame::encode_batch(&[genesis, checkpoint], 0, &mut frames)?;
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

    pub(super) fn open_on(
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
