mod path;
mod place;

use crate::json::{JsonPath, Value};
use crate::{HashPrefix, Hashes, Key, KeyId, MetaFile, PathPattern};

pub use place::{Keyring, RolePlace};

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
    /// There is a new key. Its fields that are not of the specification follow as
    /// [`Field`](Self::Field)s.
    KeyAdded {
        /// Where.
        ring: Keyring,
        /// Its name there.
        keyid: KeyId,
        /// The key, with its algorithm and computed keyid.
        key: Key,
    },
    /// A key is no longer there.
    KeyRemoved {
        /// Where it was.
        ring: Keyring,
        /// Its name there.
        keyid: KeyId,
        /// The key.
        key: Key,
    },
    /// A keyid names another public key.
    KeyReplaced {
        /// Where.
        ring: Keyring,
        /// Its name there.
        keyid: KeyId,
        /// Before.
        old: Key,
        /// After.
        new: Key,
    },
    /// A key may sign for a role now.
    RoleKeyAdded {
        /// The role.
        role: RolePlace,
        /// The key.
        keyid: KeyId,
    },
    /// A key may no longer sign for a role.
    RoleKeyRemoved {
        /// The role.
        role: RolePlace,
        /// The key.
        keyid: KeyId,
    },
    /// How many keys must sign for a role, of how many.
    Quorum {
        /// The role.
        role: RolePlace,
        /// Before.
        old: Option<Quorum>,
        /// After.
        new: Option<Quorum>,
    },
    /// A role has a part of the paths now. What the delegation says follows.
    DelegationAdded {
        /// The role.
        role: RolePlace,
        /// The next role after it that had a delegation before: it is asked later now.
        before: Option<String>,
    },
    /// A role has no part of the paths any more. What the delegation said follows.
    DelegationRemoved {
        /// The role, where it was.
        role: RolePlace,
    },
    /// A delegation has another place among those that were there before.
    DelegationMoved {
        /// The role.
        role: RolePlace,
        /// Where it was in the list.
        from: usize,
        /// The next role after it that had a delegation before.
        before: Option<String>,
    },
    /// Whether the search for a path ends with a delegated role.
    Terminating {
        /// The role.
        role: RolePlace,
        /// Before.
        old: Option<bool>,
        /// After.
        new: Option<bool>,
    },
    /// A delegated role is trusted with these paths now.
    ScopeAdded {
        /// The role.
        role: RolePlace,
        /// The paths.
        entry: ScopeEntry,
    },
    /// A delegated role is no longer trusted with these paths.
    ScopeRemoved {
        /// The role.
        role: RolePlace,
        /// The paths.
        entry: ScopeEntry,
    },
    /// The number or the names of the bins of `succinct_roles`.
    Bins {
        /// Before.
        old: Option<Bins>,
        /// After.
        new: Option<Bins>,
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
    /// Any other place: unknown fields, the order of a list, what is not well-formed.
    Field {
        /// The place, beginning with `signed`.
        path: JsonPath,
        /// Before.
        old: Option<Value>,
        /// After.
        new: Option<Value>,
    },
}

/// How many keys must sign for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// As it is written.
    pub threshold: i64,
    /// Of how many keyids.
    pub keys: usize,
}

/// A part of the paths that a delegated role is trusted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeEntry {
    /// Those that match.
    Path(PathPattern),
    /// Those whose SHA-256 begins so.
    HashPrefix(HashPrefix),
}

/// The bins of `succinct_roles` (TAP 15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bins {
    /// There are 2^`bit_length`.
    pub bit_length: i64,
    /// What their names begin with.
    pub name_prefix: String,
}

/// Length and hashes of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    /// Bytes.
    pub length: u64,
    /// Digests.
    pub hashes: Hashes,
}
