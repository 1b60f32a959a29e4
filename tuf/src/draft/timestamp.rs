use super::Draft;
use crate::json;
use crate::{Dialect, Expires, MetaFile, Timestamp};

impl Draft<Timestamp> {
    /// A timestamp of a snapshot.
    pub fn timestamp(version: u64, expires: &Expires, snapshot: &MetaFile) -> Self {
        let mut draft = Self::fresh(Dialect::Spec, version, expires);
        draft.set_snapshot(snapshot);
        draft
    }

    /// Sets the snapshot that it names.
    pub fn set_snapshot(&mut self, snapshot: &MetaFile) {
        json::edit(&mut self.signed, "meta", |meta| {
            json::edit(meta, "snapshot.json", |entry| snapshot.write(entry));
        });
    }
}
