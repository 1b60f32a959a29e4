use std::sync::Arc;

use super::{Authority, VerifyError, not_expired, same_version};
use crate::{DelegatedRole, Delegations, Document, MetaFile, Role, RoleName, Snapshot, Tally};
use crate::{Targets, verify_threshold};

/// One delegation of a repository: the next document on the way down, and what it must be (spec,
/// section 5.6). [`verify`](Self::verify) needs nothing else, so that many links can be verified
/// side by side.
#[derive(Clone, Debug)]
pub struct Link {
    delegator: Role,
    delegator_version: u64,
    delegations: Arc<Delegations>,
    delegation: DelegatedRole,
    /// What the snapshot says of the document.
    file: Option<MetaFile>,
    /// Seconds since 1970.
    now: i64,
}

/// The document of a delegated role, as its delegator wants it.
#[derive(Clone, Debug)]
pub struct VerifiedRole {
    /// What it says.
    pub targets: Targets,
    /// Who signed it.
    pub tally: Tally,
}

/// What is said for all delegations of one role.
#[derive(Clone, Debug)]
pub(super) struct Delegator {
    pub(super) role: Role,
    pub(super) version: u64,
    pub(super) delegations: Arc<Delegations>,
}

impl Delegator {
    /// A role whose document is verified; none where it delegates to nobody.
    pub(super) fn new(role: Role, targets: &Targets) -> Option<Self> {
        Some(Self {
            role,
            version: targets.header.version,
            delegations: Arc::new(targets.delegations.clone()?),
        })
    }

    pub(super) fn link(&self, delegation: DelegatedRole, snapshot: &Snapshot, now: i64) -> Link {
        let name = Role::from(delegation.name.clone()).meta_name();
        Link {
            delegator: self.role.clone(),
            delegator_version: self.version,
            delegations: self.delegations.clone(),
            file: snapshot.meta.get(&name).cloned(),
            delegation,
            now,
        }
    }
}

impl Link {
    /// The delegated role.
    pub fn role(&self) -> &RoleName {
        &self.delegation.name
    }

    /// Who delegates to it.
    pub fn delegator(&self) -> &Role {
        &self.delegator
    }

    /// The delegation: keys, threshold, and paths.
    pub fn delegation(&self) -> &DelegatedRole {
        &self.delegation
    }

    /// What the snapshot says of the document, by which it is fetched.
    pub fn file(&self) -> Result<&MetaFile, VerifyError> {
        self.file.as_ref().ok_or_else(|| VerifyError::NotListed {
            role: self.role().clone(),
            delegator: self.delegator.clone(),
        })
    }

    /// Verifies the document: its length and hashes, its signatures by the keys of this delegation,
    /// its type, its version and its expiry.
    pub fn verify(&self, bytes: &[u8]) -> Result<VerifiedRole, VerifyError> {
        let role = Role::from(self.role().clone());
        let file = self.file()?;
        if !file.matches(bytes) {
            return Err(VerifyError::Content(role));
        }
        let document = Document::read(bytes).map_err(|error| VerifyError::Document {
            role: role.clone(),
            error,
        })?;
        let tally = self.signed(&role, &document)?;
        let targets = document.targets().map_err(|error| VerifyError::View {
            role: role.clone(),
            error,
        })?;
        same_version(&role, file.version, targets.header.version)?;
        not_expired(&role, &targets.header, self.now)?;
        Ok(VerifiedRole { targets, tally })
    }

    fn signed(&self, role: &Role, document: &Document) -> Result<Tally, VerifyError> {
        verify_threshold(document, &self.delegations.keys, &self.delegation.keys).map_err(|error| {
            VerifyError::Threshold {
                role: role.clone(),
                by: Authority::Delegator {
                    role: self.delegator.clone(),
                    version: self.delegator_version,
                },
                error,
            }
        })
    }
}
