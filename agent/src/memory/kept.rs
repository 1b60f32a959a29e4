//! Keys of Docker Content Trust that somebody may trust already, though they signed no document: a
//! document lists them, or they have certificates.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use privyseal_proto::ledger::v1::KeyCertified;
use privyseal_tuf::{PublicKey, RoleType};

use super::{EnrolledKey, KnownDelegations, Lineage, LineageId, LineageState, Memory, State};
use crate::keystore::{KeyName, KeystoreName};

/// How many certificates, and requests for them, each key signed: by their common names.
pub(super) type Certificates = HashMap<KeyName, BTreeMap<String, usize>>;

impl State {
    pub(super) fn certify(&mut self, certified: &KeyCertified) -> Option<()> {
        let name = certified.key.parse::<KeyName>().ok()?;
        let of_key = self.certificates.entry(name).or_default();
        *of_key.entry(certified.common_name.clone()).or_default() += 1;
        Some(())
    }
}

impl Memory {
    /// How many certificates and requests a key signed.
    #[must_use]
    pub fn certificates(&self, key: &KeyName) -> usize {
        let state = self.state.read();
        let of_key = state.certificates.get(key);
        of_key.map_or(0, |names| names.values().sum())
    }

    /// How many of them have this common name.
    #[must_use]
    pub fn certificates_for(&self, key: &KeyName, common_name: &str) -> usize {
        let state = self.state.read();
        let of_key = state.certificates.get(key);
        let count = of_key.and_then(|names| names.get(common_name));
        count.copied().unwrap_or_default()
    }

    /// A lineage that lists a key: in a root that is trusted, was before or is to be, or in a
    /// delegation. Takes longer the more there are.
    #[must_use]
    pub fn lists(&self, key: &PublicKey) -> Option<LineageId> {
        let lineages: Vec<Arc<Lineage>> = self.state.read().lineages.values().cloned().collect();
        let listing = lineages.iter().find(|lineage| lineage.lists(key));
        listing.map(|lineage| lineage.id().clone())
    }

    /// Keys of targets and snapshot in a keystore that signed nothing yet.
    #[must_use]
    pub fn unused_trust_keys(&self, keystore: &KeystoreName) -> usize {
        let state = self.state.read();
        let waits = |key: &EnrolledKey| {
            let role = key.purpose.trust();
            key.bound.keystore == *keystore
                && role.is_some_and(|role| !role.may_be_shared())
                && !state.used.contains(&key.bound.name)
        };
        state.keys.values().filter(|key| waits(key)).count()
    }
}

impl Lineage {
    fn lists(&self, key: &PublicKey) -> bool {
        self.facts().lists(key) || self.delegated().lists(key)
    }
}

impl LineageState {
    fn lists(&self, key: &PublicKey) -> bool {
        let roots = [&self.trusted_root, &self.previous_root, &self.offered_root];
        let mut roots = roots.into_iter().flatten();
        roots.any(|root| root.keys.values().any(|listed| listed.public() == Ok(key)))
            || self.history(RoleType::Targets).lists(key)
    }
}

impl super::Delegated {
    fn lists(&self, key: &PublicKey) -> bool {
        self.histories().any(|history| history.lists(key))
    }
}

impl super::RoleHistory {
    fn lists(&self, key: &PublicKey) -> bool {
        let versions = [self.last.as_ref(), self.last_final.as_ref()];
        let mut known = versions.into_iter().flatten();
        known.any(|version| {
            let delegations = version.delegations.as_deref();
            delegations.is_some_and(|delegations| delegations.lists(key))
        })
    }
}

impl KnownDelegations {
    fn lists(&self, key: &PublicKey) -> bool {
        let keys = self.view().map(|view| &view.keys);
        keys.is_some_and(|keys| keys.values().any(|listed| listed.public() == Ok(key)))
    }
}
