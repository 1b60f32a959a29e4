//! Enrolled keys: what a key is, and whom it belongs to.

use std::{fmt, sync::Arc};

use privyseal_proto::ledger::v1 as record;
use privyseal_tuf::{Key, KeyId, PublicKey, Sha256Digest, notary};

use super::LineageId;
use crate::{
    caller::Caller,
    config::{NotaryRole, TrustRole},
    grant::{Grants, NameGlob, TrustUse},
    keystore::{BoundKey, KeyName, KeystoreName, ObjectId, TokenSerial},
};

/// What a key may sign, fixed when it is enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// TUF metadata.
    Tuf,
    /// The ledger's checkpoints.
    Ledger,
    /// What notary-server signs by itself.
    Notary(NotaryRole),
    /// Metadata of Docker Content Trust.
    Trust(TrustRole),
}

impl Purpose {
    /// As a record has it; only notary and trust keys have a role.
    fn from_record(purpose: &str, role: &str) -> Option<Self> {
        match purpose {
            "tuf" => Some(Self::Tuf),
            "ledger" => Some(Self::Ledger),
            "notary" => role.parse().ok().map(Self::Notary),
            "trust" => role.parse().ok().map(Self::Trust),
            _ => None,
        }
    }

    /// The role of a notary key.
    #[must_use]
    pub fn notary(self) -> Option<NotaryRole> {
        match self {
            Self::Notary(role) => Some(role),
            Self::Tuf | Self::Ledger | Self::Trust(_) => None,
        }
    }

    /// The role of a key of Docker Content Trust.
    #[must_use]
    pub fn trust(self) -> Option<TrustRole> {
        match self {
            Self::Trust(role) => Some(role),
            Self::Tuf | Self::Ledger | Self::Notary(_) => None,
        }
    }

    /// The role, as a record has it.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Notary(role) => role.as_str(),
            Self::Trust(role) => role.as_str(),
            Self::Tuf | Self::Ledger => "",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tuf => "tuf",
            Self::Ledger => "ledger",
            Self::Notary(_) => "notary",
            Self::Trust(_) => "trust",
        })
    }
}

/// A key that the agent may use.
#[derive(Debug, Clone)]
pub struct EnrolledKey {
    /// Where it is, and its public half.
    pub bound: Arc<BoundKey>,
    /// As TUF names it, or, of a notary or trust key, as notary does: the id of the bare key.
    pub keyid: KeyId,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: Sha256Digest,
    /// What it may sign.
    pub purpose: Purpose,
    /// The authority that it belongs to.
    pub authority: String,
    /// The repository that it belongs to; of a shared key, a glob over their names.
    pub repository: String,
    /// Of a shared key.
    shared: Option<NameGlob>,
    /// The lineage that it belongs to, once it has one.
    pub first_root: Option<Sha256Digest>,
}

impl EnrolledKey {
    /// The key that a record enrols; `None` where the record makes no sense, which `enrol` never
    /// writes.
    pub(super) fn from_record(record: &record::KeyEnrolled) -> Option<Self> {
        let public_key = PublicKey::from_spki_der(&record.public_key).ok()?;
        let purpose = Purpose::from_record(&record.purpose, &record.role)?;
        let keyid = match purpose {
            Purpose::Notary(_) | Purpose::Trust(_) => notary::Key::from_public(&public_key).id(),
            Purpose::Tuf | Purpose::Ledger => Key::from_public(&public_key).keyid().clone(),
        };
        let shared = match purpose {
            Purpose::Trust(_) if is_glob(&record.repository) => {
                Some(NameGlob::try_from(record.repository.clone()).ok()?)
            }
            _ => None,
        };
        Some(Self {
            fingerprint: Sha256Digest::of(&public_key.to_spki_der()),
            bound: Arc::new(BoundKey {
                name: record.name.parse::<KeyName>().ok()?,
                keystore: record.keystore.parse::<KeystoreName>().ok()?,
                token_serial: record.token_serial.parse::<TokenSerial>().ok()?,
                object_id: ObjectId::new(record.object_id.clone()).ok()?,
                public_key,
            }),
            keyid,
            purpose,
            authority: record.authority.clone(),
            repository: record.repository.clone(),
            shared,
            first_root: Sha256Digest::try_from(record.first_root.as_slice()).ok(),
        })
    }

    /// Does it serve many repositories?
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Does it serve this repository?
    #[must_use]
    pub fn serves(&self, repository: &str) -> bool {
        match &self.shared {
            Some(glob) => glob.matches(repository),
            None => self.repository == repository,
        }
    }

    /// Does it serve whatever begins with this prefix, which ends in `/` or is empty?
    #[must_use]
    pub fn serves_all_below(&self, prefix: &str) -> bool {
        let glob = self.repository.strip_suffix('*');
        let below = glob.is_some_and(|stem| stem == prefix);
        let all = glob.and_then(|glob| glob.strip_suffix('*'));
        below || all.is_some_and(|stem| !is_glob(stem) && prefix.starts_with(stem))
    }

    /// May the caller know of it?
    #[must_use]
    pub fn is_seen_by(&self, caller: &Caller, grants: &Grants) -> bool {
        let key = self.bound.name.as_str();
        let shared = self.purpose.trust().filter(|_| self.is_shared());
        let shared = shared.is_some_and(|role| {
            let wanted = TrustUse {
                authority: &self.authority,
                repository: None,
                role,
                key,
            };
            grants.may_use_trust_key(caller, wanted)
        });
        shared || grants.may_see_key(caller, &self.authority, &self.repository, key)
    }

    /// May this key sign for that lineage? A key without a lineage belongs to the first one of its
    /// repository that it signs for; one of Docker Content Trust to all of its repositories, whose
    /// roots and delegations say where it counts.
    #[must_use]
    pub fn belongs_to(&self, lineage: &LineageId) -> bool {
        if self.authority != lineage.authority || !self.serves(&lineage.repository) {
            return false;
        }
        match self.purpose {
            Purpose::Trust(_) => true,
            Purpose::Tuf => self
                .first_root
                .is_none_or(|first_root| first_root == lineage.first_root),
            Purpose::Ledger | Purpose::Notary(_) => false,
        }
    }
}

/// Is it a glob over names? No repository of images has one of these characters in its name.
#[must_use]
pub fn is_glob(repository: &str) -> bool {
    repository.contains(['*', '?', '[', ']', '{', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(purpose: &str, role: &str, repository: &str) -> Option<EnrolledKey> {
        EnrolledKey::from_record(&record::KeyEnrolled {
            name: "k".to_owned(),
            keystore: "hsm".to_owned(),
            token_serial: "1".to_owned(),
            object_id: vec![1],
            public_key: PublicKey::ed25519(&[1; 32]).to_spki_der(),
            purpose: purpose.to_owned(),
            role: role.to_owned(),
            authority: "images".to_owned(),
            repository: repository.to_owned(),
            ..record::KeyEnrolled::default()
        })
    }

    #[test]
    fn a_glob_serves_what_it_matches_and_a_name_itself() {
        let shared = of("trust", "root", "reg.test/*").unwrap();
        assert!(shared.is_shared() && shared.serves("reg.test/app"));
        assert!(!shared.serves("reg.test/team/app") && !shared.serves("reg.test"));
        let one = of("trust", "targets", "reg.test/app").unwrap();
        assert!(!one.is_shared() && one.serves("reg.test/app") && !one.serves("reg.test/app2"));
        // A TUF repository may have any name.
        let tuf = of("tuf", "", "reg.test/*").unwrap();
        assert!(!tuf.is_shared() && tuf.serves("reg.test/*") && !tuf.serves("reg.test/app"));
        for (purpose, role) in [("trust", ""), ("trust", "timestamp"), ("other", "root")] {
            assert!(
                of(purpose, role, "reg.test/app").is_none(),
                "{purpose} {role}"
            );
        }
    }

    #[test]
    fn a_prefix_is_served_where_all_below_it_is() {
        for (repository, prefix, served) in [
            ("**", "", true),
            ("**", "reg.test/", true),
            ("reg.test/**", "reg.test/", true),
            ("reg.test/**", "reg.test/team/", true),
            ("reg.test/*", "reg.test/", true),
            ("reg.test/*", "reg.test/team/", false),
            ("reg.test/**", "", false),
            ("reg.test/**", "reg.test.evil/", false),
            ("reg.*/**", "reg.test/", false),
            ("reg.test/app", "reg.test/", false),
        ] {
            let key = of("trust", "root", repository).unwrap();
            assert_eq!(
                key.serves_all_below(prefix),
                served,
                "{repository} {prefix}"
            );
        }
    }
}
