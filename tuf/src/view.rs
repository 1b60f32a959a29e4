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

use crate::{Dialect, Document, Expires, RoleType, notary};

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
    /// Of notary's dialect: its entries have no versions.
    NotarySnapshot(notary::Snapshot),
    /// Of notary's dialect.
    NotaryTimestamp(notary::Timestamp),
}

impl View {
    /// The role.
    pub fn role(&self) -> RoleType {
        match self {
            Self::Root(_) => RoleType::Root,
            Self::Targets(_) => RoleType::Targets,
            Self::Snapshot(_) | Self::NotarySnapshot(_) => RoleType::Snapshot,
            Self::Timestamp(_) | Self::NotaryTimestamp(_) => RoleType::Timestamp,
        }
    }

    /// The fields that all roles have: version and expiry.
    fn header(&self) -> (u64, &Expires) {
        let header = match self {
            Self::Root(root) => &root.header,
            Self::Targets(targets) => &targets.header,
            Self::Snapshot(snapshot) => &snapshot.header,
            Self::Timestamp(timestamp) => &timestamp.header,
            Self::NotarySnapshot(snapshot) => return (snapshot.version, &snapshot.expires),
            Self::NotaryTimestamp(timestamp) => return (timestamp.version, &timestamp.expires),
        };
        (header.version, &header.expires)
    }

    /// The version: 1 to 2⁵³−1.
    pub fn version(&self) -> u64 {
        self.header().0
    }

    /// The expiry.
    pub fn expires(&self) -> &Expires {
        self.header().1
    }
}

impl Document {
    /// Is that its `_type`?
    fn is_of(&self, role: RoleType) -> bool {
        let found = self.signed().get("_type").and_then(|value| value.as_str());
        found == Some(self.dialect().type_name(role))
    }

    /// Reads the document as metadata of `role`. A document of another type is
    /// [`ViewError::WrongType`].
    pub fn view(&self, role: RoleType) -> Result<View, ViewError> {
        if self.dialect() == Dialect::Notary && self.is_of(role) {
            let signed = self.signed();
            match role {
                RoleType::Snapshot => {
                    return Ok(View::NotarySnapshot(notary::Snapshot::read(signed)?));
                }
                RoleType::Timestamp => {
                    return Ok(View::NotaryTimestamp(notary::Timestamp::read(signed)?));
                }
                RoleType::Root | RoleType::Targets => {}
            }
        }
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
