use super::Draft;
use crate::json;
use crate::{Dialect, Expires, MetaFile, Snapshot};

impl Draft<Snapshot> {
    /// A snapshot of the top-level targets.
    pub fn snapshot(version: u64, expires: &Expires, targets: &MetaFile) -> Self {
        let mut draft = Self::fresh(Dialect::Spec, version, expires);
        draft.set_meta("targets.json", targets);
        draft
    }

    /// Sets the entry of a targets metadata, such as `targets.json`.
    pub fn set_meta(&mut self, name: &str, file: &MetaFile) {
        json::edit(&mut self.signed, "meta", |meta| {
            json::edit(meta, name, |entry| file.write(entry));
        });
    }
}
