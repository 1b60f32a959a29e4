//! Enrolled keys: what a key is, and whom it belongs to.

use std::{fmt, sync::Arc};

use privyseal_proto::ledger::v1 as record;
use privyseal_tuf::{Key, KeyId, PublicKey, Sha256Digest, notary};

use super::LineageId;
use crate::{
    config::NotaryRole,
    keystore::{BoundKey, KeyName, KeystoreName, ObjectId, TokenSerial},
};

/// What a key may sign, fixed when it is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// TUF metadata.
    Tuf,
    /// The ledger's checkpoints.
    Ledger,
    /// A role's documents in notary's dialect.
    Notary(NotaryRole),
}

impl Purpose {
    /// As a record has it; only a notary key has a role.
    fn from_record(purpose: &str, role: &str) -> Option<Self> {
        match purpose {
            "tuf" => Some(Self::Tuf),
            "ledger" => Some(Self::Ledger),
            "notary" => role.parse().ok().map(Self::Notary),
            _ => None,
        }
    }

    /// The role of a notary key.
    #[must_use]
    pub fn notary(self) -> Option<NotaryRole> {
        match self {
            Self::Notary(role) => Some(role),
            Self::Tuf | Self::Ledger => None,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tuf => "tuf",
            Self::Ledger => "ledger",
            Self::Notary(_) => "notary",
        })
    }
}

/// A key that the agent may use.
#[derive(Debug, Clone)]
pub struct EnrolledKey {
    /// Where it is, and its public half.
    pub bound: Arc<BoundKey>,
    /// As TUF names it, or, of a notary key, as notary does.
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
        let purpose = Purpose::from_record(&record.purpose, &record.role)?;
        let keyid = match purpose {
            Purpose::Notary(_) => notary::Key::from_public(&public_key).id().clone(),
            Purpose::Tuf | Purpose::Ledger => key.keyid().clone(),
        };
        Some(Self {
            bound: Arc::new(BoundKey {
                name: record.name.parse::<KeyName>().ok()?,
                keystore: record.keystore.parse::<KeystoreName>().ok()?,
                token_serial: record.token_serial.parse::<TokenSerial>().ok()?,
                object_id: ObjectId::new(record.object_id.clone()).ok()?,
                public_key,
            }),
            keyid,
            fingerprint: key.fingerprint(),
            purpose,
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
