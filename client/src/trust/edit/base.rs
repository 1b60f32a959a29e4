use std::collections::BTreeMap;

use privyseal_tuf::{Document, Role, RoleName, RoleType, Root, Targets};

use super::EditError;

/// What is published of a repository, all of it verified. Before the first publish it is empty.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The newest root.
    pub root: Option<(Document, Root)>,
    /// The top-level targets and every delegated role that says something.
    pub targets: BTreeMap<Role, (Document, Targets)>,
    /// Versions that a role's next document must be above, where its published one is not all that
    /// there is: of a role that was taken back and is delegated to again, and what agents signed.
    pub floors: BTreeMap<Role, u64>,
    /// Delegated roles whose published documents can't be built on, and why: begun anew, they would
    /// lose their tags.
    pub unusable: BTreeMap<Role, String>,
}

impl Base {
    /// The newest root.
    #[must_use]
    pub fn root(&self) -> Option<&Root> {
        self.root.as_ref().map(|(_, root)| root)
    }

    /// What targets metadata of a role says.
    #[must_use]
    pub fn targets_of(&self, role: &Role) -> Option<&Targets> {
        self.targets.get(role).map(|(_, targets)| targets)
    }

    /// A role's document.
    #[must_use]
    pub fn document(&self, role: &Role) -> Option<&Document> {
        match role {
            Role::Top(RoleType::Root) => self.root.as_ref().map(|(document, _)| document),
            role => self.targets.get(role).map(|(document, _)| document),
        }
    }

    /// A role's version; 0 where it has none.
    #[must_use]
    pub fn version(&self, role: &Role) -> u64 {
        match role {
            Role::Top(RoleType::Root) => self.root().map_or(0, |root| root.header.version),
            role => self
                .targets_of(role)
                .map_or(0, |targets| targets.header.version),
        }
    }

    /// The version that a role's next document gets.
    #[must_use]
    pub fn next_version(&self, role: &Role) -> u64 {
        let floor = self.floors.get(role).copied().unwrap_or_default();
        self.version(role).max(floor).saturating_add(1)
    }
}

/// Who delegates to a role: of `targets/a/b` it is `targets/a`.
pub(super) fn delegator_of(name: &RoleName) -> Result<Role, EditError> {
    match name.as_str().rsplit_once('/') {
        Some((parent, _)) => super::targets_role(parent),
        None => Err(EditError::NotDelegated(name.to_string())),
    }
}
