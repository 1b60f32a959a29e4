//! What readers and the writer share: the verified records and where each stands.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use crate::{Audit, Head};

/// The durable part of the ledger. Its lock is never held over a system call.
#[derive(Clone)]
pub(super) struct Shared(Arc<RwLock<View>>);

pub(super) struct View {
    pub(super) audit: Audit,
    pub(super) head: Head,
    /// The offset of each record's frame in its segment.
    pub(super) offsets: Vec<u64>,
    pub(super) segments: Vec<Segment>,
}

/// An open segment.
#[derive(Clone)]
pub(super) struct Segment {
    /// Its first record.
    pub(super) start: u64,
    pub(super) path: Arc<PathBuf>,
    pub(super) file: Arc<File>,
}

/// Where a record stands.
pub(super) struct Place {
    pub(super) segment: Segment,
    pub(super) offset: u64,
}

impl Shared {
    pub(super) fn new(audit: Audit, offsets: Vec<u64>, segments: Vec<Segment>) -> Self {
        let head = audit.tree().head();
        Self(Arc::new(RwLock::new(View {
            audit,
            head,
            offsets,
            segments,
        })))
    }

    // A view is changed by calls that cannot panic, so a poisoned lock still guards a whole one.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, View> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, View> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    pub(super) fn place(&self, index: u64) -> Option<Place> {
        let offset = *self.offsets.get(usize::try_from(index).ok()?)?;
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.start <= index)?
            .clone();
        Some(Place { segment, offset })
    }
}
