use std::collections::{BTreeMap, BTreeSet};

use privyseal_tuf::KeyId;

use super::Incident;
use crate::repo::project::Project;

/// How keys are called.
pub(super) struct Names {
    owners: BTreeMap<KeyId, String>,
    /// Keys that sign by other means than an agent.
    elsewhere: BTreeSet<KeyId>,
}

impl Names {
    pub(super) fn of(project: &Project, incident: &Incident<'_>) -> anyhow::Result<Self> {
        let settings = project.settings();
        let mut owners = project.owners().by_keyid(settings)?;
        let new = incident.instead.iter();
        owners.extend(new.clone().map(|key| (key.keyid.clone(), key.owner())));
        let keys = settings.keys().chain(new);
        let elsewhere = keys
            .filter(|key| key.holder.is_none())
            .map(|key| key.keyid.clone());
        Ok(Self {
            owners,
            elsewhere: elsewhere.collect(),
        })
    }

    /// Whose it is, and whether an agent holds it.
    pub(super) fn of_key(&self, keyid: &KeyId) -> String {
        match self.owners.get(keyid) {
            Some(owner) if self.elsewhere.contains(keyid) => format!("{owner} (no agent)"),
            Some(owner) => owner.clone(),
            None => format!("{keyid} (not in privyseal.toml)"),
        }
    }

    /// Those of several keys.
    pub(super) fn list<'k>(&self, keyids: impl IntoIterator<Item = &'k KeyId>) -> String {
        let names: Vec<String> = keyids.into_iter().map(|keyid| self.of_key(keyid)).collect();
        if names.is_empty() {
            "nobody".to_owned()
        } else {
            names.join(", ")
        }
    }
}
