//! The roles of keys for Docker Content Trust.

use std::{fmt, str::FromStr};

use privyseal_tuf::{Role, RoleType};

/// What a key of Docker Content Trust signs. Timestamps are notary-server's own: their keys are of
/// a `[[notary]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrustRole {
    /// root
    Root,
    /// targets
    Targets,
    /// snapshot
    Snapshot,
    /// Every role under `targets/`.
    Delegation,
}

/// No role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key of Docker Content Trust is for root, targets, snapshot or delegation")]
pub struct NotATrustRole;

impl TrustRole {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Delegation => "delegation",
        }
    }

    /// Does a key of it sign documents of `role`?
    #[must_use]
    pub fn signs(self, role: &Role) -> bool {
        match role {
            Role::Top(RoleType::Root) => self == Self::Root,
            Role::Top(RoleType::Targets) => self == Self::Targets,
            Role::Top(RoleType::Snapshot) => self == Self::Snapshot,
            Role::Top(RoleType::Timestamp) => false,
            Role::Delegated(name) => {
                self == Self::Delegation && name.as_str().starts_with("targets/")
            }
        }
    }

    /// May one key of it serve many repositories?
    #[must_use]
    pub fn may_be_shared(self) -> bool {
        matches!(self, Self::Root | Self::Delegation)
    }
}

impl FromStr for TrustRole {
    type Err = NotATrustRole;

    fn from_str(text: &str) -> Result<Self, NotATrustRole> {
        let all = [Self::Root, Self::Targets, Self::Snapshot, Self::Delegation];
        let found = all.into_iter().find(|role| role.as_str() == text);
        found.ok_or(NotATrustRole)
    }
}

impl fmt::Display for TrustRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signs_its_own_documents_alone() {
        let roles = [
            "root",
            "targets",
            "snapshot",
            "timestamp",
            "targets/releases",
            "releases",
        ];
        let signed = |key: &str| {
            let key: TrustRole = key.parse().unwrap();
            let roles = roles
                .iter()
                .filter(|role| key.signs(&role.parse().unwrap()));
            roles.copied().collect::<Vec<_>>()
        };
        assert_eq!(signed("root"), ["root"]);
        assert_eq!(signed("targets"), ["targets"]);
        assert_eq!(signed("snapshot"), ["snapshot"]);
        assert_eq!(signed("delegation"), ["targets/releases"]);
        for text in ["", "timestamp", "Root", "targets/releases"] {
            assert_eq!(text.parse::<TrustRole>(), Err(NotATrustRole), "{text}");
        }
    }
}
