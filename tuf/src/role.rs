use std::fmt;
use std::str::FromStr;

use crate::{RoleName, RoleNameError};

/// A role of a repository: one of the four, or one that targets metadata delegates to.
///
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A top-level role.
    Top(RoleType),
    /// A delegated role: its documents are targets metadata too.
    Delegated(RoleName),
}

impl Role {
    /// The top-level targets.
    pub const TARGETS: Self = Self::Top(RoleType::Targets);

    /// What its documents are: a delegated role's are targets.
    pub fn kind(&self) -> RoleType {
        match self {
            Self::Top(role) => *role,
            Self::Delegated(_) => RoleType::Targets,
        }
    }

    /// The top-level role, where it is one.
    pub fn top(&self) -> Option<RoleType> {
        match self {
            Self::Top(role) => Some(*role),
            Self::Delegated(_) => None,
        }
    }

    /// The name of a delegated role.
    pub fn delegated(&self) -> Option<&RoleName> {
        match self {
            Self::Top(_) => None,
            Self::Delegated(name) => Some(name),
        }
    }

    /// The name. A delegated role's is not to be trusted as a file name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Top(role) => role.as_str(),
            Self::Delegated(name) => name.as_str(),
        }
    }

    /// Its name in a snapshot's `meta`, such as `targets.json` (spec, section 4.4).
    pub fn meta_name(&self) -> String {
        format!("{}.json", self.as_str())
    }

    /// The name of its file under consistent snapshots (spec, section 6.2), safe as such.
    pub fn file_name(&self, version: u64) -> String {
        match self {
            Self::Top(RoleType::Timestamp) => "timestamp.json".to_owned(),
            Self::Top(role) => format!("{version}.{role}.json"),
            Self::Delegated(name) => format!("{version}.{}.json", name.file_stem()),
        }
    }

    /// The name of its file where there are no consistent snapshots, safe as such. Roots have their
    /// versions in their names all the same.
    pub fn plain_file_name(&self) -> String {
        match self {
            Self::Top(role) => format!("{role}.json"),
            Self::Delegated(name) => format!("{}.json", name.file_stem()),
        }
    }
}

impl From<RoleType> for Role {
    fn from(role: RoleType) -> Self {
        Self::Top(role)
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        Self::Delegated(name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        match text.parse() {
            Ok(name) => Ok(Self::Delegated(name)),
            Err(RoleNameError::TopLevel(role)) => Ok(Self::Top(role)),
            Err(error) => Err(error),
        }
    }
}

/// A top-level role (spec, section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleType {
    /// Says which keys all roles have.
    Root,
    /// Says which files exist.
    Targets,
    /// Says which version of each targets metadata belongs together.
    Snapshot,
    /// Says which snapshot is the newest.
    Timestamp,
}

/// The text names no top-level role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: use root, targets, snapshot or timestamp")]
pub struct UnknownRole(pub String);

impl RoleType {
    /// All of them, in the order in which a client comes to trust them from the top.
    pub const ALL: [Self; 4] = [Self::Root, Self::Targets, Self::Snapshot, Self::Timestamp];

    /// The name in metadata: `_type`, and the key in root's `roles`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }
}

impl fmt::Display for RoleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RoleType {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_top_level_or_delegated() {
        for name in ["root", "targets", "snapshot", "timestamp", "app", "../x"] {
            assert_eq!(name.parse::<Role>().unwrap().as_str(), name);
        }
        let role = |name: &str| name.parse::<Role>().unwrap();
        assert_eq!(role("timestamp").file_name(3), "timestamp.json");
        assert_eq!(role("root").file_name(3), "3.root.json");
        assert_eq!(role("../x").file_name(3), "3...%2Fx.json");
        assert_eq!(role("../x").meta_name(), "../x.json");
        assert_eq!(role("../x").plain_file_name(), "..%2Fx.json");
        assert_eq!(role("targets").plain_file_name(), "targets.json");
        assert_eq!(role("app").kind(), RoleType::Targets);
        assert_eq!("".parse::<Role>(), Err(RoleNameError::Empty));
    }

    #[test]
    fn names_round_trip() {
        for role in RoleType::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for name in ["", "Root", "mirrors", "root "] {
            assert_eq!(name.parse::<RoleType>(), Err(UnknownRole(name.to_owned())));
        }
    }
}
