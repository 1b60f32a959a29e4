//! Facts of documents: from a view to a record, and back into the memory.

use std::collections::BTreeMap;

use privyseal_proto::ledger::v1::{
    Facts, RootFacts as RootRecord, TargetsFacts, TimestampFacts,
    facts::Content,
    root_facts::{KeyFacts, RoleFacts},
    targets_facts::Delegations,
};
use privyseal_tuf::{Key, KeyId, RoleKeys, RoleType, Roles, Root, Targets, View, json::Value};

use super::{Known, KnownDelegations, RootFacts, entries};

/// The facts of a document, as the ledger records them.
///
/// `known` is what was known before: of a snapshot only the entries that are new or higher are
/// facts, of targets only delegations that changed, so that a large document does not fill the
/// ledger at each version.
#[must_use]
pub fn facts_of(view: &View, known: Option<&Known>) -> Facts {
    let content = match view {
        View::Root(root) => Content::Root(RootFacts::of(root).to_record()),
        View::Targets(targets) => Content::Targets(targets_facts(targets, known)),
        View::Snapshot(snapshot) => {
            let before = known.map(|known| &*known.state.snapshot_entries);
            let entries = snapshot.meta.iter();
            let entries = entries.map(|(name, meta)| (name.as_str(), meta.version));
            Content::Snapshot(entries::raised(entries, before))
        }
        View::Timestamp(timestamp) => Content::Timestamp(TimestampFacts {
            snapshot: timestamp.snapshot.version,
        }),
        View::NotarySnapshot(snapshot) => {
            let listed = known.map(|known| known.versions_of(snapshot));
            let state = known.map(|known| &*known.state);
            Content::Snapshot(entries::listed(&listed.unwrap_or_default(), state))
        }
        View::NotaryTimestamp(_) => Content::Timestamp(TimestampFacts::default()),
    };
    Facts {
        expires: view.expires().seconds(),
        content: Some(content),
    }
}

fn targets_facts(targets: &Targets, known: Option<&Known>) -> TargetsFacts {
    let before = known.and_then(|known| known.history().delegations());
    let now = KnownDelegations::of(targets);
    TargetsFacts {
        targets: targets.targets.len() as u64,
        delegations: Some(match before {
            Some(before) if **before == now => Delegations::Unchanged(true),
            _ => Delegations::Changed(now.to_record()),
        }),
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
