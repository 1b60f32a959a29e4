//! What the agent remembers of the versions of one role.

use std::collections::BTreeMap;

use privyseal_tuf::{Sha256Digest, Signature};

use crate::keystore::KeyName;

/// How far a version got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// A signature was decided on; the complete document was not shown.
    Committed,
    /// A complete document was shown, or the signatures decided on complete it.
    Final,
}

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
    /// The file that was shown: length and SHA-256.
    pub file: Option<(u64, Sha256Digest)>,
    /// Does it stand on facts that are recorded? False between a supersede and the next signature.
    pub known: bool,
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

    /// Remembers a version above the last, or new content under it (superseded, or shown).
    pub(super) fn begin(&mut self, version: u64, digest: Sha256Digest) {
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
            file: None,
            known: false,
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
