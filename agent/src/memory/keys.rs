//! Enrolled keys: what a key is, and whom it belongs to.

use std::{fmt, str::FromStr, sync::Arc};

use privyseal_proto::ledger::v1 as record;
use privyseal_tuf::{Key, KeyId, PublicKey, Sha256Digest};

use super::LineageId;
use crate::keystore::{BoundKey, KeyName, KeystoreName, ObjectId, TokenSerial};

/// What a key may sign, fixed when it is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// TUF metadata.
    Tuf,
    /// The ledger's checkpoints.
    Ledger,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tuf => "tuf",
            Self::Ledger => "ledger",
        })
    }
}

impl FromStr for Purpose {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "tuf" => Ok(Self::Tuf),
            "ledger" => Ok(Self::Ledger),
            _ => Err(()),
        }
    }
}

/// A key that the agent may use.
#[derive(Debug, Clone)]
pub struct EnrolledKey {
    /// Where it is, and its public half.
    pub bound: Arc<BoundKey>,
    /// As TUF names it.
    pub keyid: KeyId,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: Sha256Digest,
    /// What it may sign.
    pub purpose: Purpose,
    /// The authority that it belongs to.
    pub authority: String,
    /// The repository that it belongs to.
    pub repository: String,
    /// The lineage that it belongs to, once it has one.
    pub first_root: Option<Sha256Digest>,
}

impl EnrolledKey {
    /// The key that a record enrols; `None` where the record makes no sense, which `enrol` never
    /// writes.
    pub(super) fn from_record(record: &record::KeyEnrolled) -> Option<Self> {
        let public_key = PublicKey::from_spki_der(&record.public_key).ok()?;
        let key = Key::from_public(&public_key);
        Some(Self {
            bound: Arc::new(BoundKey {
                name: record.name.parse::<KeyName>().ok()?,
                keystore: record.keystore.parse::<KeystoreName>().ok()?,
                token_serial: record.token_serial.parse::<TokenSerial>().ok()?,
                object_id: ObjectId::new(record.object_id.clone()).ok()?,
                public_key,
            }),
            keyid: key.keyid().clone(),
            fingerprint: key.fingerprint(),
            purpose: record.purpose.parse().ok()?,
            authority: record.authority.clone(),
            repository: record.repository.clone(),
            first_root: Sha256Digest::try_from(record.first_root.as_slice()).ok(),
        })
    }

    /// May this key sign for that lineage? A key without a lineage belongs to the first one of its
    /// repository that it signs for.
    #[must_use]
    pub fn belongs_to(&self, lineage: &LineageId) -> bool {
        self.purpose == Purpose::Tuf
            && self.authority == lineage.authority
            && self.repository == lineage.repository
            && self
                .first_root
                .is_none_or(|first_root| first_root == lineage.first_root)
    }
}
