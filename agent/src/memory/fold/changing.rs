//! What a document of a role adds to the memory of it.

use std::{collections::BTreeMap, mem, sync::Arc};

use privyseal_proto::ledger::v1::{
    Facts, SnapshotFacts, TargetsFacts, facts::Content, targets_facts::Delegations,
};
use privyseal_tuf::RoleType;

use crate::memory::{
    KnownDelegations, LineageState, RoleHistory, RootFacts, VersionState,
    entries::{entries, files},
};

/// The memory of one role, to be changed.
pub(in crate::memory) enum Changing<'a> {
    /// One of the four, whose documents say more of the lineage.
    Top(RoleType, &'a mut LineageState),
    /// A delegated one.
    Delegated(&'a mut RoleHistory),
}

impl Changing<'_> {
    /// Its versions.
    pub(super) fn history(&mut self) -> &mut RoleHistory {
        match self {
            Self::Top(role, state) => state.history_mut(*role),
            Self::Delegated(history) => history,
        }
    }

    /// Learns the facts of the last version.
    pub(super) fn learn(&mut self, facts: Option<&Facts>) -> Option<()> {
        let facts = facts?;
        let last = self.history().last.as_mut()?;
        last.expires = facts.expires;
        last.known = true;
        let content = facts.content.as_ref()?;
        if let Content::Targets(targets) = content {
            let known = delegations(self.history(), targets);
            self.history().last.as_mut()?.delegations = known;
        }
        let Self::Top(_, state) = self else {
            return Some(());
        };
        match content {
            Content::Root(root) => {
                state.offered_root = Some(Arc::new(RootFacts::from_record(root)?));
            }
            Content::Targets(_) => {}
            Content::Snapshot(snapshot) => state.raise(snapshot),
            Content::Timestamp(timestamp) => {
                state.timestamp_snapshot_before = state.timestamp_snapshot;
                state.timestamp_snapshot = timestamp.snapshot;
            }
        }
        Some(())
    }

    /// Takes back what the last content, which is given up, had taught.
    pub(super) fn take_back(&mut self) {
        let last = self.history().last.as_ref();
        let is_final = last.is_some_and(|last| last.state == VersionState::Final);
        let Self::Top(role, state) = self else {
            return;
        };
        match role {
            RoleType::Root if is_final => {
                state.trusted_root = state.previous_root.take();
                state.previous_root = state.earlier_root.take();
            }
            RoleType::Root => state.offered_root = None,
            RoleType::Targets => {}
            RoleType::Snapshot => state.lower(),
            RoleType::Timestamp => state.timestamp_snapshot = state.timestamp_snapshot_before,
        }
    }

    /// The last version is complete.
    pub(super) fn finalise(&mut self) {
        let offered = match self {
            Self::Top(RoleType::Root, state) => state.offered_root.take(),
            _ => None,
        };
        let Some(last) = self.history().last.as_mut() else {
            return;
        };
        // A root that is complete already was only shown once more.
        let completed = last.state != VersionState::Final;
        last.state = VersionState::Final;
        if let (Self::Top(_, state), Some(root)) = (self, offered.filter(|_| completed)) {
            let previous = state.trusted_root.replace(root);
            state.earlier_root = mem::replace(&mut state.previous_root, previous);
        }
    }
}

/// The delegations of the last version; `None` where they are not recorded.
fn delegations(history: &RoleHistory, facts: &TargetsFacts) -> Option<Arc<KnownDelegations>> {
    match facts.delegations.as_ref()? {
        Delegations::Changed(changed) => KnownDelegations::from_record(changed).map(Arc::new),
        Delegations::Unchanged(_) => history.delegations().cloned(),
    }
}

impl LineageState {
    fn raise(&mut self, snapshot: &SnapshotFacts) {
        self.entries_before = put(&mut self.snapshot_entries, entries(snapshot));
        self.files_before = put(&mut self.snapshot_files, files(snapshot));
    }

    fn lower(&mut self) {
        restore(
            &mut self.snapshot_entries,
            mem::take(&mut self.entries_before),
        );
        restore(&mut self.snapshot_files, mem::take(&mut self.files_before));
    }
}

/// Puts entries in their places, and says what was there.
fn put<T: Clone>(
    known: &mut Arc<BTreeMap<String, T>>,
    new: impl Iterator<Item = (String, T)>,
) -> BTreeMap<String, Option<T>> {
    let known = Arc::make_mut(known);
    let before = new.map(|(name, value)| {
        let before = known.insert(name.clone(), value);
        (name, before)
    });
    before.collect()
}

fn restore<T: Clone>(known: &mut Arc<BTreeMap<String, T>>, before: BTreeMap<String, Option<T>>) {
    let known = Arc::make_mut(known);
    for (name, value) in before {
        match value {
            Some(value) => known.insert(name, value),
            None => known.remove(&name),
        };
    }
}
