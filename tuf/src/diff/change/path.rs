use super::{Change, RolePlace, ScopeEntry};
use crate::json::JsonPath;

impl Change {
    /// The place that changes, or the nearest one that contains it. Begins with `signed`.
    pub fn path(&self) -> JsonPath {
        let signed = JsonPath::default().key("signed");
        match self {
            Self::Version { .. } => signed.key("version"),
            Self::Expires { .. } => signed.key("expires"),
            Self::KeyAdded { ring, keyid, .. }
            | Self::KeyRemoved { ring, keyid, .. }
            | Self::KeyReplaced { ring, keyid, .. } => ring.path().key(keyid.as_str()),
            Self::RoleKeyAdded { role, .. } | Self::RoleKeyRemoved { role, .. } => {
                role.path().key("keyids")
            }
            Self::Quorum { role, .. } => role.path().key("threshold"),
            Self::DelegationAdded { role, .. }
            | Self::DelegationRemoved { role }
            | Self::DelegationMoved { role, .. } => role.path(),
            Self::Terminating { role, .. } => role.path().key("terminating"),
            Self::ScopeAdded { role, entry } | Self::ScopeRemoved { role, entry } => {
                role.path().key(match entry {
                    ScopeEntry::Path(_) => "paths",
                    ScopeEntry::HashPrefix(_) => "path_hash_prefixes",
                })
            }
            Self::Bins { .. } => RolePlace::Bins.path(),
            Self::TargetAdded { path, .. }
            | Self::TargetRemoved { path, .. }
            | Self::TargetReplaced { path, .. } => signed.key("targets").key(path),
            Self::MetaAdded { name, .. }
            | Self::MetaRemoved { name, .. }
            | Self::MetaChanged { name, .. } => signed.key("meta").key(name),
            Self::Field { path, .. } => path.clone(),
        }
    }

    /// The role whose keys or paths change.
    pub fn role(&self) -> Option<&RolePlace> {
        match self {
            Self::RoleKeyAdded { role, .. }
            | Self::RoleKeyRemoved { role, .. }
            | Self::Quorum { role, .. }
            | Self::DelegationAdded { role, .. }
            | Self::DelegationRemoved { role }
            | Self::DelegationMoved { role, .. }
            | Self::Terminating { role, .. }
            | Self::ScopeAdded { role, .. }
            | Self::ScopeRemoved { role, .. } => Some(role),
            Self::Bins { .. } => Some(&RolePlace::Bins),
            _ => None,
        }
    }
}
