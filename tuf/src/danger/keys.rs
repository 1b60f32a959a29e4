//! Key objects.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::{Cause, Danger};
use crate::json::Segment;
use crate::key::CLAIMED_OWNER;
use crate::{Change, Key, KeyId, Sha256Digest};

pub(super) fn check(case: &Case<'_>, dangers: &mut Vec<Danger>) {
    let same = by_fingerprint(case);
    for (at, change) in case.changes() {
        let causes = match change {
            Change::KeyAdded { keyid, key, .. } => object(keyid, key, &same),
            Change::KeyReplaced { keyid, new, .. } => {
                let mut causes = vec![Cause::ReplacedKey];
                causes.extend(object(keyid, new, &same));
                causes
            }
            Change::Field {
                path, old: Some(_), ..
            } if is_owner(path.segments()) => vec![Cause::OtherOwner],
            _ => continue,
        };
        let change = Some(at);
        dangers.extend(causes.into_iter().map(|cause| Danger { change, cause }));
    }
}

fn object(keyid: &KeyId, key: &Key, same: &BTreeMap<Sha256Digest, Vec<&KeyId>>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if key.keyid() != keyid {
        let computed = key.keyid().clone();
        causes.push(Cause::WrongKeyId { computed });
    }
    if let Err(problem) = key.public() {
        causes.push(Cause::UnusableKey(problem.clone()));
    }
    let same = same.get(&key.fingerprint()).into_iter().flatten();
    if let Some(other) = same.copied().find(|other| *other != keyid) {
        let other = other.clone();
        causes.push(Cause::SameKey { other });
    }
    causes
}

/// The keyids of the new document's keys, by public key.
fn by_fingerprint<'a>(case: &'a Case<'_>) -> BTreeMap<Sha256Digest, Vec<&'a KeyId>> {
    let gone = case.changes().filter_map(|(_, change)| match change {
        Change::KeyRemoved { keyid, .. } => Some(keyid),
        _ => None,
    });
    let gone: BTreeSet<&KeyId> = gone.collect();
    let mut same: BTreeMap<_, Vec<&KeyId>> = BTreeMap::new();
    for (keyid, key) in case.keys().filter(|(keyid, _)| !gone.contains(keyid)) {
        same.entry(key.fingerprint()).or_default().push(keyid);
    }
    same
}

/// `signed.keys.KEYID.OWNER` or `signed.delegations.keys.KEYID.OWNER`
fn is_owner(path: &[Segment]) -> bool {
    let key = |segment: &Segment, name: &str| matches!(segment, Segment::Key(key) if key == name);
    let [.., keys, Segment::Key(_), owner] = path else {
        return false;
    };
    key(keys, "keys") && key(owner, CLAIMED_OWNER)
}
