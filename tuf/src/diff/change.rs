use crate::json::{JsonPath, Value};
use crate::{Hashes, Key, KeyId, MetaFile};

/// One change. `old` and `new` are None where there was or is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The document's version.
    Version {
        /// Before.
        old: Option<i64>,
        /// After.
        new: Option<i64>,
    },
    /// The document's expiry, as it is written.
    Expires {
        /// Before.
        old: Option<String>,
        /// After.
        new: Option<String>,
    },
    /// Root has a new key.
    KeyAdded {
        /// Its name in root.
        keyid: KeyId,
        /// The key, with its algorithm and computed keyid.
        key: Key,
    },
    /// Root no longer has a key.
    KeyRemoved {
        /// Its name in root.
        keyid: KeyId,
        /// The key.
        key: Key,
    },
    /// A key may sign for a role now.
    RoleKeyAdded {
        /// The role, as root names it.
        role: String,
        /// The key.
        keyid: KeyId,
    },
    /// A key may no longer sign for a role.
    RoleKeyRemoved {
        /// The role, as root names it.
        role: String,
        /// The key.
        keyid: KeyId,
    },
    /// How many keys must sign for a role.
    Threshold {
        /// The role, as root names it.
        role: String,
        /// Before.
        old: Option<i64>,
        /// After.
        new: Option<i64>,
    },
    /// A file is a target now.
    TargetAdded {
        /// The target path.
        path: String,
        /// The file.
        file: TargetFile,
    },
    /// A file is no longer a target.
    TargetRemoved {
        /// The target path.
        path: String,
        /// The file.
        file: TargetFile,
    },
    /// A target has another content.
    TargetReplaced {
        /// The target path.
        path: String,
        /// Before.
        old: TargetFile,
        /// After.
        new: TargetFile,
    },
    /// A metadata file is listed now.
    MetaAdded {
        /// Its name, such as `targets.json`.
        name: String,
        /// What is said of it.
        file: MetaFile,
    },
    /// A metadata file is no longer listed.
    MetaRemoved {
        /// Its name, such as `targets.json`.
        name: String,
        /// What was said of it.
        file: MetaFile,
    },
    /// Something else is said of a metadata file.
    MetaChanged {
        /// Its name, such as `targets.json`.
        name: String,
        /// Before.
        old: MetaFile,
        /// After.
        new: MetaFile,
    },
    /// Any other place: unknown fields, delegations, what is not well-formed.
    Field {
        /// The place, beginning with `signed`.
        path: JsonPath,
        /// Before.
        old: Option<Value>,
        /// After.
        new: Option<Value>,
    },
}

/// Length and hashes of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    /// Bytes.
    pub length: u64,
    /// Digests.
    pub hashes: Hashes,
}

impl Change {
    /// The place that changes, or the nearest one that contains it. Begins with `signed`.
    pub fn path(&self) -> JsonPath {
        let signed = JsonPath::default().key("signed");
        match self {
            Self::Version { .. } => signed.key("version"),
            Self::Expires { .. } => signed.key("expires"),
            Self::KeyAdded { keyid, .. } | Self::KeyRemoved { keyid, .. } => {
                signed.key("keys").key(keyid.as_str())
            }
            Self::RoleKeyAdded { role, .. } | Self::RoleKeyRemoved { role, .. } => {
                signed.key("roles").key(role).key("keyids")
            }
            Self::Threshold { role, .. } => signed.key("roles").key(role).key("threshold"),
            Self::TargetAdded { path, .. }
            | Self::TargetRemoved { path, .. }
            | Self::TargetReplaced { path, .. } => signed.key("targets").key(path),
            Self::MetaAdded { name, .. }
            | Self::MetaRemoved { name, .. }
            | Self::MetaChanged { name, .. } => signed.key("meta").key(name),
            Self::Field { path, .. } => path.clone(),
        }
    }
}
