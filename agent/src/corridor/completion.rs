//! Does a document meet its thresholds, with the signatures that it holds and those decided on?

use std::{cell::LazyCell, collections::BTreeSet};

use privyseal_tuf::{Key, KeyId, Role, RoleType, Sha256Digest, View};

use super::checked::Content;
use crate::memory::{Known, RootFacts, VersionMemory};

/// Would one more signature, by the key with fingerprint `key`, complete the document?
///
/// Decisions count, not signatures: a decision is durable before its signature exists, so what
/// may have left the agent is never more than what is counted here.
pub(super) fn with_key(
    known: &Known,
    document: &Content,
    remembered: Option<&VersionMemory>,
    key: Sha256Digest,
) -> bool {
    let mut signed: BTreeSet<_> = remembered
        .into_iter()
        .flat_map(|last| last.signatures.values().map(|given| given.key))
        .collect();
    signed.insert(key);
    complete(known, document, &signed)
}

/// Is the document complete as it stands?
pub(super) fn as_shown(known: &Known, document: &Content) -> bool {
    complete(known, document, &BTreeSet::new())
}

/// `signed` holds fingerprints of keys; what the document holds is verified and added.
fn complete(known: &Known, document: &Content, signed: &BTreeSet<Sha256Digest>) -> bool {
    let state = &known.state;
    let by = |root: &RootFacts, role: RoleType| {
        let threshold = root.roles.get(role).threshold;
        meets(root.keys_of(role), threshold, document, signed)
    };
    match (&document.role, &document.view) {
        (Role::Top(role), View::Root(root)) => {
            let before = state.root_before(document.version);
            // A first root is signed by its own keys, any other also by those of the one before.
            (document.is_first_root_of(known.lineage()) || before.is_some())
                && by(&RootFacts::of(root), *role)
                && before.is_none_or(|before| by(before, *role))
        }
        (Role::Top(role), _) => state
            .trusted_root
            .as_deref()
            .is_some_and(|root| by(root, *role)),
        // One of its delegators suffices: a client may come by that one.
        (Role::Delegated(name), _) => known
            .ancestry
            .to(name)
            .filter(|edge| edge.connected)
            .any(|edge| meets(edge.keys(), edge.role.keys.threshold, document, signed)),
    }
}

fn meets<'a>(
    keys: impl Iterator<Item = (&'a KeyId, &'a Key)>,
    threshold: u32,
    document: &Content,
    signed: &BTreeSet<Sha256Digest>,
) -> bool {
    let payload = LazyCell::new(|| document.document.payload().bytes());
    let counted: BTreeSet<_> = keys
        .filter(|(keyid, key)| {
            let entry = || document.document.signature(keyid);
            signed.contains(&key.fingerprint())
                || entry().is_some_and(|entry| key.verifies(&payload, entry))
        })
        .map(|(_, key)| key.fingerprint())
        .collect();
    counted.len() >= threshold as usize
}
