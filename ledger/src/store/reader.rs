//! Reads a ledger while it is written: records, heads and proofs.

use std::{io, os::unix::fs::FileExt};

use super::{
    frame::{self, Header},
    view::{Place, Shared},
};
use crate::{Hash, Head, LedgerError};

/// Covers most records with one read.
const FIRST_READ: usize = 1 << 10;

/// A handle on the durable records; clones are cheap, and none keeps the writer waiting.
#[derive(Clone)]
pub struct Reader {
    pub(super) shared: Shared,
    pub(super) genesis: Hash,
}

impl Reader {
    /// The ledger's name: the leaf hash of its genesis record.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        self.genesis
    }

    /// The durable head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.shared.read().head
    }

    /// The root over the first `size` records; none where there are fewer.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        self.shared.read().audit.tree().root(size)
    }

    /// The leaf hash of a record; none where there is no such record.
    #[must_use]
    pub fn leaf_hash(&self, index: u64) -> Option<Hash> {
        self.shared.read().audit.tree().leaf(index)
    }

    /// The audit path of a record in the tree of the first `size` records, see
    /// [`crate::Tree::inclusion`].
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        self.shared.read().audit.tree().inclusion(index, size)
    }

    /// The proof that the first `new` records begin with the first `old`, see
    /// [`crate::Tree::consistency`].
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        self.shared.read().audit.tree().consistency(old, new)
    }

    /// A record as it was written; none where there is no such record.
    ///
    /// # Errors
    /// [`LedgerError::Failed`] where the file cannot be read, [`LedgerError::Damaged`] where its
    /// bytes are no longer what was written.
    pub fn read(&self, index: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let (place, leaf) = {
            let view = self.shared.read();
            (view.place(index), view.audit.tree().leaf(index))
        };
        place.map(|place| read(&place, index, leaf)).transpose()
    }

    /// The records from `first` on, at most `count`, with their indexes; ends with the ledger as it
    /// is when it gets there.
    pub fn range(
        &self,
        first: u64,
        count: u64,
    ) -> impl Iterator<Item = Result<(u64, Vec<u8>), LedgerError>> + use<> {
        let reader = self.clone();
        (first..first.saturating_add(count)).map_while(move |index| {
            reader
                .read(index)
                .transpose()
                .map(|record| record.map(|record| (index, record)))
        })
    }
}

fn read(place: &Place, index: u64, leaf: Option<Hash>) -> Result<Vec<u8>, LedgerError> {
    let record = read_frame(place, index)
        .map_err(|error| LedgerError::io(&*place.segment.path, "cannot read", error))?;
    record
        .filter(|record| Some(Hash::leaf(record)) == leaf)
        .ok_or_else(|| LedgerError::Damaged {
            record: index,
            path: place.segment.path.to_path_buf(),
            offset: place.offset,
            what: "its bytes were changed while the agent was running".into(),
        })
}

fn read_frame(place: &Place, index: u64) -> io::Result<Option<Vec<u8>>> {
    let mut frame = vec![0; FIRST_READ];
    let read = place.segment.file.read_at(&mut frame, place.offset)?;
    frame.truncate(read);
    let Some(header) = Header::parse(&frame).filter(|header| header.index == index) else {
        return Ok(None);
    };
    if frame.len() < header.frame_length() {
        frame.resize(header.frame_length(), 0);
        match place.segment.file.read_exact_at(&mut frame, place.offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
    }
    if header.payload(&frame).is_none() {
        return Ok(None);
    }
    frame.truncate(frame::HEADER + header.length);
    frame.drain(..frame::HEADER);
    Ok(Some(frame))
}
