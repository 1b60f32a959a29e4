mod delegations;
mod error;
mod fields;
mod header;
mod meta;
mod role_keys;
mod root;
mod snapshot;
mod targets;
#[cfg(test)]
mod tests;
mod timestamp;

use crate::{Document, Expires, RoleType};

pub use delegations::{DelegatedRole, DelegatedRoles, Delegations, HashPrefix, MAX_BIT_LENGTH};
pub use delegations::{NotAHashPrefix, Scope, SuccinctRoles};
pub use error::{Problem, ViewError};
pub use header::Header;
pub use meta::MetaFile;
pub use role_keys::{MAX_KEYIDS, RoleKeys};
pub use root::{MAX_KEYS, Roles, Root};
pub use snapshot::Snapshot;
pub use targets::{Target, Targets};
pub use timestamp::Timestamp;

/// What a document of a role says, typed. Unknown fields stay in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Spec, section 4.3.
    Root(Root),
    /// Spec, section 4.5.
    Targets(Targets),
    /// Spec, section 4.4.
    Snapshot(Snapshot),
    /// Spec, section 4.6.
    Timestamp(Timestamp),
}

impl View {
    /// The role.
    pub fn role(&self) -> RoleType {
        match self {
            Self::Root(_) => RoleType::Root,
            Self::Targets(_) => RoleType::Targets,
            Self::Snapshot(_) => RoleType::Snapshot,
            Self::Timestamp(_) => RoleType::Timestamp,
        }
    }

    /// The fields that all roles have.
    pub fn header(&self) -> &Header {
        match self {
            Self::Root(root) => &root.header,
            Self::Targets(targets) => &targets.header,
            Self::Snapshot(snapshot) => &snapshot.header,
            Self::Timestamp(timestamp) => &timestamp.header,
        }
    }

    /// The version: 1 to 2⁵³−1.
    pub fn version(&self) -> u64 {
        self.header().version
    }

    /// The expiry.
    pub fn expires(&self) -> &Expires {
        &self.header().expires
    }
}

impl Document {
    /// Reads the document as metadata of `role`. A document of another type is
    /// [`ViewError::WrongType`].
    pub fn view(&self, role: RoleType) -> Result<View, ViewError> {
        match role {
            RoleType::Root => self.root().map(View::Root),
            RoleType::Targets => self.targets().map(View::Targets),
            RoleType::Snapshot => self.snapshot().map(View::Snapshot),
            RoleType::Timestamp => self.timestamp().map(View::Timestamp),
        }
    }

    /// Reads the document as root metadata.
    pub fn root(&self) -> Result<Root, ViewError> {
        Root::parse(self.signed()).map_err(ViewError::from)
    }

    /// Reads the document as targets metadata.
    pub fn targets(&self) -> Result<Targets, ViewError> {
        Targets::parse(self.signed()).map_err(ViewError::from)
    }

    /// Reads the document as snapshot metadata.
    pub fn snapshot(&self) -> Result<Snapshot, ViewError> {
        Snapshot::parse(self.signed()).map_err(ViewError::from)
    }

    /// Reads the document as timestamp metadata.
    pub fn timestamp(&self) -> Result<Timestamp, ViewError> {
        Timestamp::parse(self.signed()).map_err(ViewError::from)
    }
}
