use std::fmt;
use std::str::FromStr;

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
    fn names_round_trip() {
        for role in RoleType::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for name in ["", "Root", "mirrors", "root "] {
            assert_eq!(name.parse::<RoleType>(), Err(UnknownRole(name.to_owned())));
        }
    }
}
