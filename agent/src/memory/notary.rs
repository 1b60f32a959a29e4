//! What the ledger says of notary keys: whose they are, and what each signed last.

mod fold;
mod slot;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use privyseal_tuf::{KeyId, Sha256Digest, Signature};
use tokio::sync::OwnedMutexGuard;

pub use self::slot::Slot;
use super::{EnrolledKey, Memory};
use crate::keystore::{BoundKey, KeyName};

/// The last document that a notary key signed. Of earlier ones nothing is remembered: the ledger
/// has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotaryUse {
    /// Index of the decision's record.
    pub record: u64,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its bytes.
    pub digest: Sha256Digest,
    /// Its expiry, unix time in seconds.
    pub expires: i64,
    /// The signature; `None` where the outcome is not known or was a fault.
    pub signature: Option<Signature>,
    /// An operator accepted a restored database: the next version may be any.
    pub restored: bool,
}

/// A key that was destroyed, or is to be.
#[derive(Debug, Clone)]
pub struct RemovedKey {
    /// Index of the record that says so.
    pub record: u64,
    /// What it was.
    pub key: Arc<BoundKey>,
}

/// Every notary key.
#[derive(Debug, Default)]
pub(super) struct NotaryKeys {
    names: HashMap<KeyId, KeyName>,
    /// Keys that never signed.
    unused: BTreeMap<Slot, KeyName>,
    uses: BTreeMap<KeyName, NotaryUse>,
    /// How many keys of a repository signed, by authority and repository.
    signed: BTreeMap<(String, String), u32>,
    /// Decisions whose outcome is not known, by record index: one for each key at most.
    open: HashMap<u64, KeyName>,
    removed: BTreeMap<KeyName, RemovedKey>,
}

impl NotaryKeys {
    pub(super) fn is_removed(&self, name: &KeyName) -> bool {
        self.removed.contains_key(name)
    }

    fn has_signed(&self, slot: &Slot) -> bool {
        self.signed.contains_key(&slot.of_repository())
    }
}

impl Memory {
    /// Waits for the one place in which a notary key's documents are decided on, and in which a key
    /// is removed.
    pub async fn key_gate(&self, key: &KeyName) -> OwnedMutexGuard<()> {
        self.key_gates.enter(key).await
    }

    /// The notary key with this id.
    #[must_use]
    pub fn notary_key(&self, id: &KeyId) -> Option<Arc<EnrolledKey>> {
        let state = self.state.read();
        state.keys.get(state.notary.names.get(id)?).cloned()
    }

    /// What a notary key signed last; `None` where it was never used.
    #[must_use]
    pub fn notary_use(&self, key: &KeyName) -> Option<NotaryUse> {
        self.state.read().notary.uses.get(key).cloned()
    }

    /// The key that waits for its first use here.
    #[must_use]
    pub fn unused_notary_key(&self, slot: &Slot) -> Option<Arc<EnrolledKey>> {
        let state = self.state.read();
        state.keys.get(state.notary.unused.get(slot)?).cloned()
    }

    /// Has any key of the slot's repository signed? Then somebody published it.
    #[must_use]
    pub fn has_signed(&self, slot: &Slot) -> bool {
        self.state.read().notary.has_signed(slot)
    }

    /// How many keys of repositories for which none has signed wait for their first use where
    /// `counts` says so.
    pub fn unused_notary_keys(&self, counts: impl Fn(&Slot) -> bool) -> usize {
        let notary = &self.state.read().notary;
        let unused = notary.unused.keys();
        unused
            .filter(|slot| counts(slot) && !notary.has_signed(slot))
            .count()
    }

    /// Names of the used notary keys of an authority's repositories, sorted.
    #[must_use]
    pub fn used_notary_keys(
        &self,
        authority: &str,
        repositories: impl Fn(&str) -> bool,
    ) -> Vec<KeyName> {
        let state = self.state.read();
        let of = |key: &EnrolledKey| key.authority == authority && repositories(&key.repository);
        let used = state.notary.uses.keys();
        used.filter(|name| state.keys.get(*name).is_some_and(|key| of(key)))
            .cloned()
            .collect()
    }

    /// A key that was removed: its name is never used again.
    #[must_use]
    pub fn removed_key(&self, name: &KeyName) -> Option<RemovedKey> {
        self.state.read().notary.removed.get(name).cloned()
    }

    /// Every key that was removed.
    #[must_use]
    pub fn removed_keys(&self) -> Vec<RemovedKey> {
        self.state.read().notary.removed.values().cloned().collect()
    }
}
