//! Names that can be taken for one another.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use unicode_security::skeleton;

use super::case::{Case, delegations_of, list_of, member};
use super::{Cause, Danger};
use crate::json::Segment;
use crate::{Change, Document, KeyId, RolePlace, RoleType, ScopeEntry};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let documents = || [Some(case.new), case.old].into_iter().flatten();
    let mut new = Names::default();
    for (at, change) in case.changes() {
        new.add(at, change);
    }
    for (name, new) in [("targets", &new.targets), ("meta", &new.meta)] {
        let all = documents().filter_map(|document| member(document.signed(), name));
        compare(new, all.flat_map(|entries| entries.keys()), dangers);
    }
    let own = case.context.role.as_str();
    let top = RoleType::ALL.map(RoleType::as_str);
    let roles = documents().flat_map(|document| delegations_of(document.signed()).into_keys());
    compare(&new.roles, roles.chain(top).chain([own]), dangers);
    compare(&new.patterns, documents().flat_map(patterns), dangers);
    compare(&new.fields, KNOWN_FIELDS.iter().copied(), dangers);
    owners(case, &new.keys, dangers);
}

/// The names that are new, each with the change that brings it.
#[derive(Default)]
struct Names<'a> {
    targets: Vec<(usize, &'a str)>,
    meta: Vec<(usize, &'a str)>,
    roles: Vec<(usize, &'a str)>,
    patterns: Vec<(usize, &'a str)>,
    fields: Vec<(usize, &'a str)>,
    keys: Vec<(usize, &'a KeyId)>,
}

impl<'a> Names<'a> {
    fn add(&mut self, at: usize, change: &'a Change) {
        match change {
            Change::TargetAdded { path, .. } => self.targets.push((at, path)),
            Change::MetaAdded { name, .. } => self.meta.push((at, name)),
            Change::DelegationAdded {
                role: RolePlace::Delegated { name, .. },
                ..
            } => self.roles.push((at, name)),
            Change::ScopeAdded {
                entry: ScopeEntry::Path(pattern),
                ..
            } => self.patterns.push((at, pattern.as_str())),
            Change::RoleKeyAdded { keyid, .. } => self.keys.push((at, keyid)),
            Change::Field {
                path, old: None, ..
            } => {
                if let Some(Segment::Key(name)) = path.segments().last() {
                    self.fields.push((at, name));
                }
            }
            _ => {}
        }
    }
}

fn patterns(document: &Document) -> impl Iterator<Item = &str> {
    let roles = delegations_of(document.signed()).into_values();
    roles.flat_map(|role| list_of(role, "paths"))
}

/// The owners of new keys against all others.
fn owners(case: &Case<'_>, keys: &[(usize, &KeyId)], dangers: &mut Vec<Danger>) {
    let names = keys.iter().flat_map(|(at, keyid)| {
        let owners = case.owners_of(keyid).into_iter();
        owners.flat_map(|owners| owners.names().map(|name| (*at, name)))
    });
    let names: Vec<(usize, &str)> = names.collect();
    let all = case.owners().flat_map(|(_, owners)| owners.names());
    compare(&names, all, dangers);
}

/// Finds for each new name another one of `all` that it can be taken for.
fn compare<'a>(
    new: &[(usize, &'a str)],
    all: impl Iterator<Item = &'a str>,
    dangers: &mut Vec<Danger>,
) {
    let mut looks: BTreeMap<String, Vec<(usize, &str)>> = BTreeMap::new();
    for (at, name) in new {
        for look in looks_of(name) {
            looks.entry(look).or_default().push((*at, name));
        }
    }
    if looks.is_empty() {
        return;
    }
    let mut found: BTreeMap<(usize, &str), &str> = BTreeMap::new();
    for other in all {
        for look in looks_of(other) {
            let alike = looks.get(&look).into_iter().flatten();
            for (at, name) in alike.filter(|(_, name)| *name != other) {
                found.entry((*at, name)).or_insert(other);
            }
        }
    }
    dangers.extend(found.into_iter().map(|((at, text), other)| {
        let only_case = text.to_lowercase() == other.to_lowercase();
        let (text, other) = (text.to_owned(), other.to_owned());
        let cause = match only_case {
            true => Cause::OnlyCase { text, other },
            false => Cause::LooksLike { text, other },
        };
        let change = Some(at);
        Danger { change, cause }
    }));
}

/// What a name looks like, as it is and in lower case.
fn looks_of(name: &str) -> impl Iterator<Item = String> {
    let (own, lower) = (look_of(name), look_of(&name.to_lowercase()));
    let lower = (own != lower).then_some(lower);
    [Some(own), lower].into_iter().flatten()
}

/// The skeleton of UTS 39: the same for two texts that look the same.
fn look_of(name: &str) -> String {
    static ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
        let ascii = (0..=0x7f_u8).map(char::from);
        ascii.map(|c| skeleton(&c.to_string()).collect()).collect()
    });
    if !name.is_ascii() {
        return skeleton(name).collect();
    }
    // No ASCII character joins with the next one, so each can be looked up by itself.
    let looks = name.bytes().filter_map(|byte| ASCII.get(usize::from(byte)));
    looks.map(String::as_str).collect()
}

/// The fields of the specification: one that only looks like them is for a person's eye alone.
const KNOWN_FIELDS: [&str; 29] = [
    "_type",
    "spec_version",
    "version",
    "expires",
    "keys",
    "roles",
    "consistent_snapshot",
    "root",
    "targets",
    "snapshot",
    "timestamp",
    "delegations",
    "meta",
    "keyids",
    "threshold",
    "name",
    "paths",
    "path_hash_prefixes",
    "terminating",
    "succinct_roles",
    "bit_length",
    "name_prefix",
    "length",
    "hashes",
    "custom",
    "keytype",
    "scheme",
    "keyval",
    "public",
];
