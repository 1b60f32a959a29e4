//! One lineage: its gates and what is known of its roles.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;
use privyseal_tuf::{Key, KeyId, RoleType, Roles};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

use super::{LineageId, RoleHistory};

/// A lineage that the agent knows.
#[derive(Debug)]
pub struct Lineage {
    id: LineageId,
    gates: [Arc<Gate<()>>; 4],
    state: RwLock<Arc<LineageState>>,
}

/// The facts of a lineage.
#[derive(Debug, Clone, Default)]
pub struct LineageState {
    histories: [RoleHistory; 4],
    /// The last complete root.
    pub trusted_root: Option<Arc<RootFacts>>,
    /// The complete root before that one.
    pub previous_root: Option<Arc<RootFacts>>,
    /// The root that is signed for but not complete.
    pub offered_root: Option<Arc<RootFacts>>,
    /// The highest version of each entry that any snapshot had.
    pub snapshot_entries: BTreeMap<String, u64>,
    /// What the entries were before the last snapshot, to be restored where it is given up.
    pub(super) entries_before: BTreeMap<String, Option<u64>>,
    /// The snapshot version that the last timestamp named.
    pub timestamp_snapshot: u64,
    /// The one that the timestamp before it named.
    pub(super) timestamp_snapshot_before: u64,
}

impl Lineage {
    pub(super) fn new(id: LineageId) -> Self {
        Self {
            id,
            gates: Default::default(),
            state: RwLock::default(),
        }
    }

    /// The same facts under another name: its unfinished first root was superseded.
    pub(super) fn renamed(&self, id: LineageId) -> Self {
        Self {
            id,
            gates: self.gates.clone(),
            state: RwLock::new(self.state.read().clone()),
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
    pub async fn gate(&self, role: RoleType) -> OwnedMutexGuard<()> {
        let [root, targets, snapshot, timestamp] = &self.gates;
        let gate = match role {
            RoleType::Root => root,
            RoleType::Targets => targets,
            RoleType::Snapshot => snapshot,
            RoleType::Timestamp => timestamp,
        };
        Arc::clone(gate).lock_owned().await
    }

    /// The facts as they are now; whoever reads them holds nobody up.
    #[must_use]
    pub fn facts(&self) -> Arc<LineageState> {
        Arc::clone(&self.state.read())
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut LineageState)) {
        change(Arc::make_mut(&mut self.state.write()));
    }
}

impl LineageState {
    /// The versions of a role.
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
