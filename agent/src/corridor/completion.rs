//! Does a document meet its thresholds, with the signatures that it holds and those decided on?

use std::collections::BTreeSet;

use privyseal_tuf::{RoleKeys, RoleType, Sha256Digest, View};

use super::checked::Content;
use crate::memory::{LineageState, RootFacts, VersionMemory};

/// Would one more signature, by the key with fingerprint `key`, complete the document?
///
/// Decisions count, not signatures: a decision is durable before its signature exists, so what
/// may have left the agent is never more than what is counted here.
pub(super) fn with_key(
    state: &LineageState,
    document: &Content,
    remembered: Option<&VersionMemory>,
    key: Sha256Digest,
) -> bool {
    let mut signed: BTreeSet<_> = remembered
        .into_iter()
        .flat_map(|last| last.signatures.values().map(|given| given.key))
        .collect();
    signed.insert(key);
    complete(state, document, signed)
}

/// Is the document complete as it stands?
pub(super) fn as_shown(state: &LineageState, document: &Content) -> bool {
    complete(state, document, BTreeSet::new())
}

/// `signed` holds fingerprints of keys; what the document holds is verified and added.
fn complete(state: &LineageState, document: &Content, signed: BTreeSet<Sha256Digest>) -> bool {
    match &document.view {
        View::Root(root) => {
            let offered = RootFacts::of(root);
            let before = state.root_before(document.version);
            // A first root is signed by its own keys, any other also by those of the one before.
            (document.version == 1 || before.is_some())
                && meets(&offered, RoleType::Root, document, &signed)
                && before.is_none_or(|before| meets(before, RoleType::Root, document, &signed))
        }
        View::Targets(_) | View::Snapshot(_) | View::Timestamp(_) => state
            .trusted_root
            .as_deref()
            .is_some_and(|root| meets(root, document.view.role(), document, &signed)),
    }
}

fn meets(
    root: &RootFacts,
    role: RoleType,
    document: &Content,
    signed: &BTreeSet<Sha256Digest>,
) -> bool {
    let RoleKeys { keyids, threshold } = root.roles.get(role);
    let payload = &document.document.payload().bytes();
    let keys = keyids
        .iter()
        .filter_map(|keyid| Some((keyid, root.keys.get(keyid)?)));
    let counted: BTreeSet<_> = keys
        .filter(|(keyid, key)| {
            let entry = || document.document.signature(keyid);
            signed.contains(&key.fingerprint())
                || entry().is_some_and(|entry| key.verifies(payload, entry.sig()))
        })
        .map(|(_, key)| key.fingerprint())
        .collect();
    counted.len() >= *threshold as usize
}
