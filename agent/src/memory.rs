//! What the agent remembers: a fold over the ledger's records, and nothing else.
//!
//! [`Memory::apply`] is called for every record, in order, at replay and after each sync. It can't
//! fail: whatever a record says was decided before it was written.

mod ancestry;
mod attested;
mod delegated;
mod delegations;
mod entries;
mod facts;
mod fold;
mod gates;
mod kept;
mod keys;
mod known;
mod lineage;
mod listed;
mod logins;
mod notary;
#[cfg(test)]
pub(crate) mod testing;
mod version;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use parking_lot::RwLock;
use privyseal_ledger::Head;
use privyseal_proto::ledger::v1::{Genesis, Observed};
use privyseal_tuf::{Role, Sha256Digest};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

pub use self::{
    ancestry::{Ancestry, Coverage, Edge, MAX_EDGES, is_plain},
    attested::AttestedKey,
    delegated::{Delegated, is_one_step_below},
    delegations::KnownDelegations,
    facts::facts_of,
    keys::{EnrolledKey, Purpose, is_glob},
    known::Known,
    lineage::{Lineage, LineageState, RootFacts},
    listed::Listed,
    logins::LoginMemory,
    notary::{NotaryUse, RemovedKey, Slot},
    version::{Given, MAX_FILES, RoleHistory, VersionMemory, VersionState},
};
use self::{gates::Gates, kept::Certificates, notary::NotaryKeys};
use crate::keystore::{KeyName, KeystoreName};

/// A lineage's name: who vouches for it, what it is called, and its first root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineageId {
    /// The authority's name in the config.
    pub authority: String,
    /// The repository's name.
    pub repository: String,
    /// SHA-256 of the canonical form of the first root's `signed`.
    pub first_root: Sha256Digest,
}

/// The agent's memory.
#[derive(Debug, Default)]
pub struct Memory {
    state: RwLock<State>,
    opening: Arc<Gate<()>>,
    enrolling: Arc<Gate<()>>,
    making: Gates<KeystoreName>,
    key_gates: Gates<KeyName>,
}

/// Everything that the records say.
#[derive(Debug, Default)]
struct State {
    lineages: HashMap<LineageId, Arc<Lineage>>,
    keys: BTreeMap<KeyName, Arc<EnrolledKey>>,
    notary: NotaryKeys,
    /// Keys of Docker Content Trust that signed anything.
    used: HashSet<KeyName>,
    certificates: Certificates,
    sources: logins::Sources,
    /// What devices proved of keys.
    attested: BTreeMap<KeyName, Arc<AttestedKey>>,
    logins: BTreeMap<KeystoreName, LoginMemory>,
    /// Names of lineages whose unfinished first root was superseded.
    given_up: HashSet<LineageId>,
    /// Decisions whose outcome is not known, by record index.
    open: HashMap<u64, OpenDecision>,
    /// Documents of a repository whose enrolment is not recorded whole yet.
    parts: Option<Parts>,
    genesis: Option<Genesis>,
    checkpoint: Option<Head>,
}

#[derive(Debug)]
struct OpenDecision {
    lineage: LineageId,
    role: Role,
    version: u64,
    digest: Sha256Digest,
    key: KeyName,
}

#[derive(Debug)]
struct Parts {
    lineage: LineageId,
    count: u32,
    documents: Vec<Observed>,
}

impl Parts {
    fn of(lineage: LineageId) -> Self {
        Self {
            lineage,
            count: 0,
            documents: Vec::new(),
        }
    }
}

impl Memory {
    /// Waits for the one place in which a lineage is created or renamed.
    pub async fn opening_gate(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.opening).lock_owned().await
    }

    /// Waits for the one place in which keys are made in this keystore, or found there: a slow device
    /// holds up no other.
    pub async fn making_gate(&self, keystore: &KeystoreName) -> OwnedMutexGuard<()> {
        self.making.enter(keystore).await
    }

    /// Waits for the one place in which keys are recorded as enrolled. No token is waited for in it.
    pub async fn enrolling_gate(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.enrolling).lock_owned().await
    }

    /// Was the unfinished first root of this lineage given up?
    #[must_use]
    pub fn is_given_up(&self, id: &LineageId) -> bool {
        self.state.read().given_up.contains(id)
    }

    /// Is this what the agent knows under the lineage's name? A lineage whose unfinished first
    /// root was superseded is not.
    #[must_use]
    pub fn is_current(&self, lineage: &Arc<Lineage>) -> bool {
        let state = self.state.read();
        state
            .lineages
            .get(lineage.id())
            .is_some_and(|current| Arc::ptr_eq(current, lineage))
    }

    /// The lineage of that name.
    #[must_use]
    pub fn lineage(&self, id: &LineageId) -> Option<Arc<Lineage>> {
        self.state.read().lineages.get(id).cloned()
    }

    /// The lineages whose names are asked for, in no order.
    #[must_use]
    pub fn lineages(&self, wanted: impl Fn(&LineageId) -> bool) -> Vec<Arc<Lineage>> {
        let state = self.state.read();
        let all = state.lineages.iter();
        all.filter(|(id, _)| wanted(id))
            .map(|(_, lineage)| Arc::clone(lineage))
            .collect()
    }

    /// The enrolled key of that name.
    #[must_use]
    pub fn key(&self, name: &KeyName) -> Option<Arc<EnrolledKey>> {
        self.state.read().keys.get(name).cloned()
    }

    /// Did this key of Docker Content Trust ever sign a document, or was to?
    #[must_use]
    pub fn is_used(&self, name: &KeyName) -> bool {
        self.state.read().used.contains(name)
    }

    /// Every enrolled key, by name.
    #[must_use]
    pub fn keys(&self) -> Vec<Arc<EnrolledKey>> {
        self.state.read().keys.values().cloned().collect()
    }

    /// The last login attempt on a keystore.
    #[must_use]
    pub fn login(&self, keystore: &KeystoreName) -> LoginMemory {
        self.state
            .read()
            .logins
            .get(keystore)
            .cloned()
            .unwrap_or_default()
    }

    /// The genesis record.
    #[must_use]
    pub fn genesis(&self) -> Option<Genesis> {
        self.state.read().genesis.clone()
    }

    /// What the last checkpoint covers.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Head> {
        self.state.read().checkpoint
    }
}
