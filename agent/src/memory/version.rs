//! What the agent remembers of the versions of one role.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use privyseal_tuf::{Sha256Digest, Signature};

use super::KnownDelegations;
use crate::keystore::KeyName;

/// How far a version got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// A signature was decided on; the complete document was not shown.
    Committed,
    /// A complete document was shown, or the signatures decided on complete it.
    Final,
}

/// More files than one content of a version has in honest life.
pub const MAX_FILES: usize = 8;

/// A signature that was decided on.
#[derive(Debug, Clone)]
pub struct Given {
    /// Index of the decision's record.
    pub record: u64,
    /// The key's fingerprint: SHA-256 of its SubjectPublicKeyInfo.
    pub key: Sha256Digest,
    /// The signature; `None` where the outcome is not known or was a fault.
    pub signature: Option<Signature>,
}

/// The highest version of a role that the agent signed or was shown.
#[derive(Debug, Clone)]
pub struct VersionMemory {
    /// Its version.
    pub version: u64,
    /// SHA-256 of its payload.
    pub digest: Sha256Digest,
    /// How far it got.
    pub state: VersionState,
    /// Its expiry, unix time in seconds.
    pub expires: i64,
    /// Signatures decided on, by key.
    pub signatures: BTreeMap<KeyName, Given>,
    /// The files that were shown with this content, which differ in their envelope: length and
    /// SHA-256. At most [`MAX_FILES`].
    pub files: Vec<(u64, Sha256Digest)>,
    /// Contents of this version that were given up for this one, by an operator.
    pub given_up: BTreeSet<Sha256Digest>,
    /// Did the agent decide to sign other content of this version, which was then completed
    /// elsewhere with this content?
    pub contradicted: bool,
    /// Does it stand on facts that are recorded? False between a supersede and the next signature.
    pub known: bool,
    /// Whom it delegates to, where it is a targets document whose delegations are recorded.
    pub delegations: Option<Arc<KnownDelegations>>,
}

/// The versions of one role.
#[derive(Debug, Clone, Default)]
pub struct RoleHistory {
    /// The highest version.
    pub last: Option<VersionMemory>,
    /// The highest version that is final, where it is not `last`.
    pub last_final: Option<VersionMemory>,
}

impl RoleHistory {
    /// The highest version, 0 for none.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.version)
    }

    /// The highest final version.
    #[must_use]
    pub fn newest_final(&self) -> Option<&VersionMemory> {
        self.last
            .as_ref()
            .filter(|last| last.state == VersionState::Final)
            .or(self.last_final.as_ref())
    }

    /// The last version or the highest final one, where it is this one.
    #[must_use]
    pub fn of_version(&self, version: u64) -> Option<&VersionMemory> {
        let known = [self.last.as_ref(), self.last_final.as_ref()];
        let mut known = known.into_iter().flatten();
        known.find(|known| known.version == version)
    }

    /// The last version or the highest final one, where a finished document of it was shown as
    /// this file: its length and SHA-256.
    #[must_use]
    pub fn of_file(&self, file: &(u64, Sha256Digest)) -> Option<&VersionMemory> {
        let known = [self.last.as_ref(), self.last_final.as_ref()];
        let mut known = known.into_iter().flatten();
        known.find(|known| known.files.contains(file))
    }

    /// Whom the highest final version delegates to.
    #[must_use]
    pub fn delegations(&self) -> Option<&Arc<KnownDelegations>> {
        self.newest_final()?.delegations.as_ref()
    }

    /// Gives up the last content for another of the same version.
    pub(super) fn supersede(&mut self, new: Sha256Digest) {
        // A final one that is given up is not the last final one.
        let Some(last) = self.last.take() else {
            return;
        };
        let mut given_up = last.given_up;
        given_up.insert(last.digest);
        self.begin(last.version, new);
        if let Some(last) = self.last.as_mut() {
            last.given_up = given_up;
        }
    }

    /// Remembers a version above the last, or other content under it that was completed elsewhere.
    pub(super) fn begin(&mut self, version: u64, digest: Sha256Digest) {
        let decided = self
            .last
            .as_ref()
            .is_some_and(|last| last.version == version && !last.signatures.is_empty());
        if let Some(last) = self.last.take()
            && last.state == VersionState::Final
        {
            self.last_final = Some(last);
        }
        self.last = Some(VersionMemory {
            version,
            digest,
            state: VersionState::Committed,
            expires: 0,
            signatures: BTreeMap::new(),
            files: Vec::new(),
            given_up: BTreeSet::new(),
            contradicted: decided,
            known: false,
            delegations: None,
        });
    }

    /// The last version, where it is this one with this content.
    pub(super) fn current(
        &mut self,
        version: u64,
        digest: &Sha256Digest,
    ) -> Option<&mut VersionMemory> {
        self.last
            .as_mut()
            .filter(|last| last.version == version && last.digest == *digest)
    }
}
