//! Who may sign for a role, and how many of them must.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::{Cause, Danger};
use crate::{Change, Key, KeyId, Quorum, RolePlace, RoleType};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let online = online(case);
    let first_of_strangers = case.old.is_none() && !anybody_known(case);
    for (place, role) in by_role(case) {
        let keyids = case.keyids(place);
        quorum(case, place, &role, &keyids, dangers);
        owners(case, &role, &keyids, dangers);
        let mut add = |at: usize, cause| {
            let change = Some(at);
            dangers.push(Danger { change, cause });
        };
        for (at, keyid) in &role.added {
            let known = case
                .owners_of(keyid)
                .is_some_and(|owners| owners.known.is_some());
            if !known && !first_of_strangers {
                add(*at, Cause::UnknownOwner);
            }
        }
        if !role.existed {
            continue;
        }
        match top(place) {
            Some(RoleType::Snapshot | RoleType::Timestamp) => {
                for (at, _) in role.added.iter().chain(&role.removed) {
                    add(*at, Cause::OnlineKey);
                }
            }
            Some(RoleType::Root | RoleType::Targets) => {
                for (at, keyid) in &role.added {
                    if case
                        .key(keyid)
                        .is_some_and(|key| online.contains(&key.fingerprint()))
                    {
                        add(*at, Cause::PromotedKey);
                    }
                }
            }
            None => {}
        }
    }
}

/// What changes about the keys of a role.
#[derive(Default)]
struct RoleChanges<'a> {
    /// Whether it was there before.
    existed: bool,
    added: Vec<(usize, &'a KeyId)>,
    removed: Vec<(usize, &'a KeyId)>,
    quorum: Option<(usize, Option<Quorum>, Option<Quorum>)>,
}

fn by_role<'a>(case: &Case<'a>) -> BTreeMap<&'a RolePlace, RoleChanges<'a>> {
    let mut roles: BTreeMap<&RolePlace, RoleChanges<'_>> = BTreeMap::new();
    for (at, change) in case.changes() {
        let place = match change {
            Change::RoleKeyAdded { role, .. }
            | Change::RoleKeyRemoved { role, .. }
            | Change::Quorum { role, .. } => role,
            _ => continue,
        };
        let role = roles.entry(place).or_insert_with(|| RoleChanges {
            existed: case.old.is_some(),
            ..RoleChanges::default()
        });
        match change {
            Change::RoleKeyAdded { keyid, .. } => role.added.push((at, keyid)),
            Change::RoleKeyRemoved { keyid, .. } => role.removed.push((at, keyid)),
            Change::Quorum { old, new, .. } => {
                role.existed &= old.is_some();
                role.quorum = Some((at, *old, *new));
            }
            _ => {}
        }
    }
    roles
}

/// How many must sign, against the keys that can.
fn quorum(
    case: &Case<'_>,
    place: &RolePlace,
    role: &RoleChanges<'_>,
    keyids: &BTreeSet<KeyId>,
    dangers: &mut Vec<Danger>,
) {
    let mut add = |change: Option<usize>, cause| {
        if change.is_some() {
            dangers.push(Danger { change, cause });
        }
    };
    let quorum = role.quorum.map(|(at, _, _)| at);
    if let Some((at, Some(old), Some(new))) = role.quorum
        && new.threshold < old.threshold
    {
        add(Some(at), Cause::LoweredThreshold);
    }
    let Some(threshold) = case.threshold(place) else {
        return;
    };
    let different: BTreeSet<_> = keyids
        .iter()
        .filter_map(|keyid| case.key(keyid))
        .map(Key::fingerprint)
        .collect();
    let newest = role.added.last().map(|(at, _)| *at);
    let keys = different.len();
    if threshold > keys {
        add(quorum.or(newest), Cause::Unreachable { keys });
    }
    let newcomers = role.added.len();
    if role.existed && threshold > 1 && newcomers >= threshold {
        add(newest, Cause::Newcomers { keys: newcomers });
    }
}

/// Keys that go by the name of somebody who has, or had, another one in the role.
fn owners(
    case: &Case<'_>,
    role: &RoleChanges<'_>,
    keyids: &BTreeSet<KeyId>,
    dangers: &mut Vec<Danger>,
) {
    let gone = by_owner(case, role.removed.iter().map(|(_, keyid)| *keyid));
    let there = by_owner(case, keyids.iter());
    for (at, keyid) in &role.added {
        let names = case
            .owners_of(keyid)
            .into_iter()
            .flat_map(|owners| owners.names());
        let cause = names.into_iter().find_map(|name| {
            let owner = name.to_owned();
            if let Some(other) = gone.get(name).and_then(|keys| keys.first()) {
                let other = (*other).clone();
                return Some(Cause::SwappedKey { owner, other });
            }
            let mut others = there.get(name)?.iter();
            let other = others.find(|other| *other != keyid)?;
            let other = (*other).clone();
            Some(Cause::SecondKey { owner, other })
        });
        let change = Some(*at);
        dangers.extend(cause.map(|cause| Danger { change, cause }));
    }
}

fn by_owner<'a>(
    case: &'a Case<'_>,
    keyids: impl Iterator<Item = &'a KeyId>,
) -> BTreeMap<&'a str, Vec<&'a KeyId>> {
    let mut owners: BTreeMap<&str, Vec<&KeyId>> = BTreeMap::new();
    for keyid in keyids {
        for name in case
            .owners_of(keyid)
            .into_iter()
            .flat_map(|owners| owners.names())
        {
            owners.entry(name).or_default().push(keyid);
        }
    }
    owners
}

/// The public keys of snapshot and timestamp in the new document.
fn online(case: &Case<'_>) -> BTreeSet<crate::Sha256Digest> {
    let roles = [RoleType::Snapshot, RoleType::Timestamp];
    let keyids = roles.into_iter().flat_map(|role| case.top_keyids(role));
    let keys = keyids.filter_map(|keyid| Some(case.key(&keyid)?.fingerprint()));
    keys.collect()
}

fn anybody_known(case: &Case<'_>) -> bool {
    case.owners().any(|(_, owners)| owners.known.is_some())
}

fn top(place: &RolePlace) -> Option<RoleType> {
    match place {
        RolePlace::Top(name) => name.parse().ok(),
        RolePlace::Delegated { .. } | RolePlace::Bins => None,
    }
}
