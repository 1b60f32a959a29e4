//! What each record adds to the memory of notary keys. `None` means "adds nothing".

use std::collections::btree_map::Entry;

use privyseal_proto::ledger::v1::{KeyRemoved, NotaryDecision, NotaryRestored, Outcome};
use privyseal_tuf::{Sha256Digest, Signature};

use super::{NotaryUse, RemovedKey, Slot};
use crate::{
    keystore::KeyName,
    memory::{EnrolledKey, State},
};

impl State {
    /// A key was enrolled.
    pub(in crate::memory) fn enrol_notary(&mut self, key: &EnrolledKey) -> Option<()> {
        let slot = Slot::of(key)?;
        let notary = &mut self.notary;
        let name = &key.bound.name;
        notary.names.insert(key.keyid.clone(), name.clone());
        // In the place of one that was no longer at hand.
        notary.unused.insert(slot, name.clone());
        Some(())
    }

    pub(in crate::memory) fn decide_notary(
        &mut self,
        index: u64,
        decision: &NotaryDecision,
    ) -> Option<()> {
        let name = decision.key.parse::<KeyName>().ok()?;
        let slot = Slot::of(self.keys.get(&name)?)?;
        let used = NotaryUse {
            record: index,
            version: decision.version,
            digest: Sha256Digest::try_from(decision.digest.as_slice()).ok()?,
            expires: decision.expires,
            signature: None,
            restored: false,
        };
        let notary = &mut self.notary;
        if notary.unused.get(&slot) == Some(&name) {
            notary.unused.remove(&slot);
        }
        match notary.uses.insert(name.clone(), used) {
            Some(before) => drop(notary.open.remove(&before.record)),
            None => *notary.signed.entry(slot.of_repository()).or_default() += 1,
        }
        notary.open.insert(index, name);
        Some(())
    }

    pub(in crate::memory) fn outcome_notary(&mut self, outcome: &Outcome) -> Option<()> {
        let name = self.notary.open.remove(&outcome.decision)?;
        let algorithm = self.keys.get(&name)?.bound.public_key.algorithm();
        let signature = Signature::from_raw(algorithm, &outcome.signature).ok()?;
        self.notary.uses.get_mut(&name)?.signature = Some(signature);
        Some(())
    }

    pub(in crate::memory) fn restored(&mut self, restored: &NotaryRestored) -> Option<()> {
        for name in &restored.keys {
            let name = name.parse::<KeyName>().ok()?;
            if let Some(used) = self.notary.uses.get_mut(&name) {
                used.restored = true;
            }
        }
        Some(())
    }

    /// Notary keys are removed, and keys of Docker Content Trust that never signed.
    pub(in crate::memory) fn remove_key(&mut self, index: u64, removed: &KeyRemoved) -> Option<()> {
        let name = removed.name.parse::<KeyName>().ok()?;
        let slot = Slot::of(self.keys.get(&name)?);
        if slot.is_none() && !self.is_unused_trust(&name) {
            return None;
        }
        let key = self.keys.remove(&name)?;
        if let Some(slot) = slot {
            self.forget_notary(&key, &slot);
        }
        let removed = RemovedKey {
            record: index,
            key: key.bound.clone(),
        };
        self.notary.removed.insert(name, removed);
        Some(())
    }

    fn is_unused_trust(&self, name: &KeyName) -> bool {
        let key = self.keys.get(name);
        key.is_some_and(|key| key.purpose.trust().is_some()) && !self.used.contains(name)
    }

    fn forget_notary(&mut self, key: &EnrolledKey, slot: &Slot) {
        let (notary, name) = (&mut self.notary, &key.bound.name);
        notary.names.remove(&key.keyid);
        if notary.unused.get(slot) == Some(name) {
            notary.unused.remove(slot);
        }
        if let Some(used) = notary.uses.remove(name) {
            notary.open.remove(&used.record);
            if let Entry::Occupied(mut signed) = notary.signed.entry(slot.of_repository()) {
                match signed.get().checked_sub(1) {
                    None | Some(0) => drop(signed.remove()),
                    Some(left) => *signed.get_mut() = left,
                }
            }
        }
    }
}
