//! Facts of documents: from a view to a record, and back into the memory.

use std::collections::BTreeMap;

use privyseal_proto::ledger::v1::{
    Facts, RootFacts as RootRecord, SnapshotFacts, TargetsFacts, TimestampFacts,
    facts::Content,
    root_facts::{KeyFacts, RoleFacts},
    snapshot_facts::Entry,
};
use privyseal_tuf::{Key, KeyId, RoleKeys, RoleType, Roles, Root, Snapshot, View, json::Value};

use super::{LineageState, RootFacts};

/// The facts of a document, as the ledger records them.
///
/// `state` is what the lineage knew before: of a snapshot only the entries that are new or higher
/// are facts, so that a large snapshot does not fill the ledger at each version.
#[must_use]
pub fn facts_of(view: &View, state: Option<&LineageState>) -> Facts {
    let content = match view {
        View::Root(root) => Content::Root(RootFacts::of(root).to_record()),
        View::Targets(targets) => Content::Targets(TargetsFacts {
            targets: targets.targets.len() as u64,
        }),
        View::Snapshot(snapshot) => Content::Snapshot(raised(snapshot, state)),
        View::Timestamp(timestamp) => Content::Timestamp(TimestampFacts {
            snapshot: timestamp.snapshot.version,
        }),
    };
    Facts {
        expires: view.expires().seconds(),
        content: Some(content),
    }
}

fn raised(snapshot: &Snapshot, state: Option<&LineageState>) -> SnapshotFacts {
    let known = |name: &str| {
        state
            .and_then(|state| state.snapshot_entries.get(name))
            .copied()
    };
    let raised = snapshot
        .meta
        .iter()
        .filter(|(name, meta)| known(name).is_none_or(|before| before < meta.version))
        .map(|(name, meta)| Entry {
            name: name.clone(),
            version: meta.version,
        });
    SnapshotFacts {
        raised: raised.collect(),
    }
}

impl RootFacts {
    /// The facts of a root.
    #[must_use]
    pub fn of(root: &Root) -> Self {
        Self {
            keys: root.keys.clone(),
            roles: root.roles.clone(),
            consistent_snapshot: root.consistent_snapshot.unwrap_or(false),
        }
    }

    pub(super) fn from_record(facts: &RootRecord) -> Option<Self> {
        let mut keys = BTreeMap::new();
        for entry in &facts.keys {
            let key = Key::parse(&Value::parse(&entry.key).ok()?).ok()?;
            keys.insert(KeyId::from(entry.keyid.as_str()), key);
        }
        let role = |role: RoleType| {
            let entry = facts
                .roles
                .iter()
                .find(|entry| entry.role == role.as_str())?;
            let keyids = entry
                .keyids
                .iter()
                .map(|id| KeyId::from(id.as_str()))
                .collect();
            Some(RoleKeys {
                keyids,
                threshold: entry.threshold,
            })
        };
        let roles = Roles {
            root: role(RoleType::Root)?,
            targets: role(RoleType::Targets)?,
            snapshot: role(RoleType::Snapshot)?,
            timestamp: role(RoleType::Timestamp)?,
        };
        Some(Self {
            keys,
            roles,
            consistent_snapshot: facts.consistent_snapshot,
        })
    }

    fn to_record(&self) -> RootRecord {
        let keys = self.keys.iter().map(|(keyid, key)| KeyFacts {
            keyid: keyid.to_string(),
            // Not the canonical form: a PEM has line feeds, and there they stand raw.
            key: key.value().to_pretty(),
        });
        let roles = self.roles.iter().map(|(role, keys)| RoleFacts {
            role: role.to_string(),
            keyids: keys.keyids.iter().map(KeyId::to_string).collect(),
            threshold: keys.threshold,
        });
        RootRecord {
            keys: keys.collect(),
            roles: roles.collect(),
            consistent_snapshot: self.consistent_snapshot,
        }
    }
}
