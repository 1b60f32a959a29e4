//! One lineage: its gates and what is known of its roles.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use parking_lot::{RwLock, RwLockReadGuard};
use privyseal_tuf::{Key, KeyId, PublicKey, Role, RoleType, Roles, Sha256Digest};
use tokio::sync::OwnedMutexGuard;

use super::{Delegated, Known, LineageId, RoleHistory, fold::Changing, gates::Gates};

/// A lineage that the agent knows.
#[derive(Debug)]
pub struct Lineage {
    id: LineageId,
    gates: Arc<Gates<Role>>,
    state: RwLock<Arc<LineageState>>,
    delegated: RwLock<Delegated>,
}

/// The facts of a lineage's four roles.
#[derive(Debug, Clone, Default)]
pub struct LineageState {
    histories: [RoleHistory; 4],
    /// The last complete root.
    pub trusted_root: Option<Arc<RootFacts>>,
    /// The complete root before that one.
    pub previous_root: Option<Arc<RootFacts>>,
    /// The complete root before both, to be restored where the last one is given up.
    pub(super) earlier_root: Option<Arc<RootFacts>>,
    /// The root that is signed for but not complete.
    pub offered_root: Option<Arc<RootFacts>>,
    /// The highest version of each entry that any snapshot had.
    pub snapshot_entries: Arc<BTreeMap<String, u64>>,
    /// The files of these entries, where those alone say the version: their length and SHA-256.
    pub snapshot_files: Arc<BTreeMap<String, (u64, Sha256Digest)>>,
    /// What the entries were before the last snapshot, to be restored where it is given up.
    pub(super) entries_before: BTreeMap<String, Option<u64>>,
    /// The same of their files.
    pub(super) files_before: BTreeMap<String, Option<(u64, Sha256Digest)>>,
    /// The snapshot version that the last timestamp named.
    pub timestamp_snapshot: u64,
    /// The one that the timestamp before it named.
    pub(super) timestamp_snapshot_before: u64,
}

impl Lineage {
    pub(super) fn new(id: LineageId) -> Self {
        Self {
            id,
            gates: Arc::default(),
            state: RwLock::default(),
            delegated: RwLock::default(),
        }
    }

    /// The same facts under another name: its unfinished first root was superseded.
    pub(super) fn renamed(&self, id: LineageId) -> Self {
        Self {
            id,
            gates: Arc::clone(&self.gates),
            state: RwLock::new(self.state.read().clone()),
            delegated: RwLock::new(self.delegated.read().clone()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &LineageId {
        &self.id
    }

    /// Waits for the one place in which a document of `role` is decided on.
    ///
    /// Held from the last check until the record is durable; it never waits for a person.
    pub async fn gate(&self, role: &Role) -> OwnedMutexGuard<()> {
        self.gates.enter(role).await
    }

    /// What is known now of a role and of what it hangs on.
    #[must_use]
    pub fn known(self: &Arc<Self>, role: &Role) -> Known {
        Known::new(self, role)
    }

    /// The facts of the four roles as they are now; whoever reads them holds nobody up.
    #[must_use]
    pub fn facts(&self) -> Arc<LineageState> {
        Arc::clone(&self.state.read())
    }

    /// The delegated roles. Those who remember wait as long as it is held.
    pub fn delegated(&self) -> RwLockReadGuard<'_, Delegated> {
        self.delegated.read()
    }

    /// Changes what is known of a role.
    pub(super) fn change(&self, role: &Role, change: impl FnOnce(&mut Changing<'_>)) {
        match role {
            Role::Top(top) => {
                let mut state = self.state.write();
                let state = Arc::make_mut(&mut state);
                change(&mut Changing::Top(*top, state));
                if *top == RoleType::Targets {
                    let delegations = state.history(*top).delegations();
                    self.delegated.write().index(role, delegations);
                }
            }
            Role::Delegated(name) => {
                let mut delegated = self.delegated.write();
                let history = delegated.history_mut(name);
                change(&mut Changing::Delegated(history));
                let delegations = history.delegations().cloned();
                delegated.index(role, delegations.as_ref());
            }
        }
    }
}

impl LineageState {
    /// The versions of one of the four roles.
    #[must_use]
    pub fn history(&self, role: RoleType) -> &RoleHistory {
        let [root, targets, snapshot, timestamp] = &self.histories;
        match role {
            RoleType::Root => root,
            RoleType::Targets => targets,
            RoleType::Snapshot => snapshot,
            RoleType::Timestamp => timestamp,
        }
    }

    /// The root that a root of this version follows, and whose keys must sign it too.
    #[must_use]
    pub fn root_before(&self, version: u64) -> Option<&RootFacts> {
        let trusted = self
            .history(RoleType::Root)
            .newest_final()
            .map_or(0, |root| root.version);
        match version.cmp(&trusted) {
            Ordering::Greater => self.trusted_root.as_deref(),
            Ordering::Equal => self.previous_root.as_deref(),
            Ordering::Less => None,
        }
    }

    pub(super) fn history_mut(&mut self, role: RoleType) -> &mut RoleHistory {
        let [root, targets, snapshot, timestamp] = &mut self.histories;
        match role {
            RoleType::Root => root,
            RoleType::Targets => targets,
            RoleType::Snapshot => snapshot,
            RoleType::Timestamp => timestamp,
        }
    }
}

/// What later checks need of a root.
#[derive(Debug, Clone, PartialEq)]
pub struct RootFacts {
    /// Its keys.
    pub keys: BTreeMap<KeyId, Key>,
    /// Its roles.
    pub roles: Roles,
    /// Whether it asks for consistent snapshots.
    pub consistent_snapshot: bool,
}

impl RootFacts {
    /// The keys of a role, each under the keyid that the root gives it.
    pub fn keys_of(&self, role: RoleType) -> impl Iterator<Item = (&KeyId, &Key)> {
        let keyids = self.roles.get(role).keyids.iter();
        keyids.filter_map(|keyid| Some((keyid, self.keys.get(keyid)?)))
    }

    /// The keyid under which a role lists a key.
    #[must_use]
    pub fn keyid_of(&self, role: RoleType, key: &PublicKey) -> Option<&KeyId> {
        let mut keys = self.keys_of(role);
        let found = keys.find(|(_, listed)| listed.public() == Ok(key));
        found.map(|(keyid, _)| keyid)
    }
}
