//! Entries that name files: a targets' target files, a snapshot's and timestamp's metadata files.

use super::walk::{Pair, walk, walk_others};
use super::{Change, TargetFile};
use crate::json::{JsonPath, Value};
use crate::{Dialect, MetaFile, Target};

/// `signed.targets`
pub(super) fn targets(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (name, pair) in pair.members().unwrap_or_default() {
        let place = path.key(name);
        let path = name.to_owned();
        let Some(files) = pair.both(target_file) else {
            walk(&place, pair, changes);
            continue;
        };
        match files {
            (None, Some(file)) => changes.push(Change::TargetAdded { path, file }),
            (Some(file), None) => changes.push(Change::TargetRemoved { path, file }),
            (Some(old), Some(new)) if old != new => {
                changes.push(Change::TargetReplaced { path, old, new });
            }
            _ => {}
        }
        walk_others(&place, pair, &["length", "hashes"], changes);
    }
}

/// `signed.meta`
pub(super) fn meta(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    for (name, pair) in pair.members().unwrap_or_default() {
        let place = path.key(name);
        let name = name.to_owned();
        let Some(files) = pair.both(MetaFile::read) else {
            walk(&place, pair, changes);
            continue;
        };
        match files {
            (None, Some(file)) => changes.push(Change::MetaAdded { name, file }),
            (Some(file), None) => changes.push(Change::MetaRemoved { name, file }),
            (Some(old), Some(new)) if old != new => {
                changes.push(Change::MetaChanged { name, old, new });
            }
            _ => {}
        }
        walk_others(&place, pair, &["version", "length", "hashes"], changes);
    }
}

/// An entry of either dialect: no digest in hex reads as one in base64.
fn target_file(value: &Value) -> Option<TargetFile> {
    let target = Target::read(value, Dialect::Spec);
    let target = target.or_else(|| Target::read(value, Dialect::Notary))?;
    Some(TargetFile {
        length: target.length,
        hashes: target.hashes,
    })
}
