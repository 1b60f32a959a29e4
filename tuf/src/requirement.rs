use std::collections::BTreeMap;

use crate::{DelegatedRole, Delegations, Document, Key, KeyId, RoleKeys, RoleType, Root, Tally};

/// Whose signatures a document needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// For a person, such as "root version 2".
    pub label: String,
    /// The keys of the role by their keyids.
    pub keys: BTreeMap<KeyId, Key>,
    /// Which of them count, and how many must sign.
    pub role: RoleKeys,
}

impl Requirement {
    /// What `root` requires of documents of `role`.
    pub fn of(root: &Root, role: RoleType) -> Self {
        let role_keys = root.roles.get(role).clone();
        let keys = role_keys.keyids.iter();
        Self {
            label: format!("{role} keys of root version {}", root.header.version),
            keys: keys
                .filter_map(|keyid| Some((keyid.clone(), root.keys.get(keyid)?.clone())))
                .collect(),
            role: role_keys,
        }
    }

    /// What a delegation requires of documents of its role. `by` names the delegator for a person,
    /// such as "targets version 3".
    pub fn of_delegation(by: &str, role: &DelegatedRole, delegations: &Delegations) -> Self {
        let keys = role.keys.keyids.iter();
        Self {
            label: format!("{} keys of {by}", role.name),
            keys: keys
                .filter_map(|keyid| Some((keyid.clone(), delegations.keys.get(keyid)?.clone())))
                .collect(),
            role: role.keys.clone(),
        }
    }

    /// What a new root needs: signatures by the root keys of the root before it, where there is
    /// one, and by its own (spec, section 5.3.4).
    pub fn of_root(old: Option<&Root>, new: &Root) -> Vec<Self> {
        old.into_iter()
            .chain([new])
            .map(|root| Self::of(root, RoleType::Root))
            .collect()
    }

    /// Who signed `document` and who did not.
    pub fn tally(&self, document: &Document) -> Tally {
        Tally::of(document, &self.keys, &self.role)
    }
}
