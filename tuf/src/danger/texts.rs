//! Every text that is new.

use super::case::Case;
use super::{Cause, Danger, Deception};
use crate::json::{Segment, Value};
use crate::{Change, Hashes, Key, RolePlace, ScopeEntry};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    for (at, change) in case.changes() {
        let mut look = |text: &str, how: Option<Deception>| {
            dangers.extend(how.map(|how| Danger {
                change: Some(at),
                cause: Cause::Deceptive {
                    text: text.to_owned(),
                    how,
                },
            }));
        };
        for name in names(change) {
            look(name, Deception::of_name(name));
        }
        if let Change::Field { new: Some(new), .. } = change {
            values(new, &mut look);
        }
    }
}

/// The names that a change brings.
fn names(change: &Change) -> Vec<&str> {
    match change {
        Change::KeyAdded { keyid, key, .. } => {
            let mut names = vec![keyid.as_str()];
            names.extend(description(key));
            names
        }
        Change::KeyReplaced { new, .. } => description(new).to_vec(),
        Change::Quorum {
            role: RolePlace::Top(name),
            old: None,
            ..
        } => vec![name],
        Change::DelegationAdded {
            role: RolePlace::Delegated { name, .. },
            ..
        } => vec![name],
        Change::ScopeAdded {
            entry: ScopeEntry::Path(pattern),
            ..
        } => vec![pattern.as_str()],
        Change::Bins { new: Some(new), .. } => vec![&new.name_prefix],
        Change::TargetAdded { path, file } => with_hashes(Some(path), Some(&file.hashes)),
        Change::TargetReplaced { new, .. } => with_hashes(None, Some(&new.hashes)),
        Change::MetaAdded { name, file } => with_hashes(Some(name), file.hashes.as_ref()),
        Change::MetaChanged { new, .. } => with_hashes(None, new.hashes.as_ref()),
        Change::Field {
            path,
            old: None,
            new: Some(_),
        } => match path.segments().last() {
            Some(Segment::Key(name)) => vec![name],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn description(key: &Key) -> [&str; 2] {
    [key.keytype(), key.scheme()]
}

fn with_hashes<'a>(name: Option<&'a String>, hashes: Option<&'a Hashes>) -> Vec<&'a str> {
    let names = hashes.into_iter().flat_map(Hashes::iter);
    let names = names.map(|(name, _)| name);
    name.map(String::as_str).into_iter().chain(names).collect()
}

/// The names and texts in a value.
fn values<'a>(value: &'a Value, look: &mut impl FnMut(&'a str, Option<Deception>)) {
    match value {
        Value::String(text) => look(text, Deception::of_prose(text)),
        Value::Array(items) => items.iter().for_each(|item| values(item, look)),
        Value::Object(object) => {
            for (name, value) in object {
                look(name, Deception::of_name(name));
                values(value, look);
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) => {}
    }
}
