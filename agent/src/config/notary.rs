//! `[[notary]]`: which notary-server may have keys made and used, and for what.

use std::{num::NonZeroU32, str::FromStr};

use privyseal_tuf::RoleType;
use serde::de::{Deserialize, Deserializer, Error};

use super::Period;
use crate::{
    caller::{Caller, CallerSpec},
    grant::NameGlob,
    keystore::KeystoreName,
};

/// One `[[notary]]` of the config.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotarySection {
    /// The notary-server, by its client certificate.
    #[serde(deserialize_with = "certificates")]
    callers: Vec<CallerSpec>,
    /// The authority that its repositories belong to.
    pub authority: String,
    /// Globs over the names of repositories (GUNs).
    repositories: Vec<NameGlob>,
    /// Where its keys are made.
    pub keystore: KeystoreName,
    /// The roles whose keys it may have.
    #[serde(default = "both")]
    roles: Vec<NotaryRole>,
    /// As many keys may be there that were never used.
    #[serde(default = "unused_keys")]
    pub unused_keys: NonZeroU32,
    /// How far away a snapshot's `expires` may lie. notary-server gives it three years.
    #[serde(default = "snapshot")]
    snapshot: Expiry,
    /// How far away a timestamp's may lie. notary-server gives it fourteen days.
    #[serde(default = "timestamp")]
    timestamp: Expiry,
}

/// A role whose keys a notary-server has: it signs these two by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotaryRole {
    /// snapshot
    Snapshot,
    /// timestamp
    Timestamp,
}

#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expiry {
    max_expiry: Period,
}

/// A notary-server is never a local process: its API is served over TCP alone.
fn certificates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CallerSpec>, D::Error> {
    let callers = Vec::<CallerSpec>::deserialize(deserializer)?;
    let local = |spec: &&CallerSpec| matches!(spec, CallerSpec::User(_) | CallerSpec::Group(_));
    match callers.iter().find(local) {
        None => Ok(callers),
        Some(spec) => Err(D::Error::custom(format!(
            "{spec} is no notary-server: name it by its client certificate, as dns:NAME, \
             email:ADDRESS, uri:URI or cert:SHA256"
        ))),
    }
}

impl NotarySection {
    /// Who it is about.
    pub(crate) fn callers(&self) -> &[CallerSpec] {
        &self.callers
    }

    /// Does it cover this caller?
    #[must_use]
    pub fn names(&self, caller: &Caller) -> bool {
        self.callers.iter().any(|spec| spec.matches(caller))
    }

    /// Does it cover this repository?
    #[must_use]
    pub fn covers(&self, repository: &str) -> bool {
        self.repositories
            .iter()
            .any(|glob| glob.matches(repository))
    }

    /// May it have keys of this role?
    #[must_use]
    pub fn allows(&self, role: NotaryRole) -> bool {
        self.roles.contains(&role)
    }

    /// How far away a document of this role may expire.
    #[must_use]
    pub fn max_expiry(&self, role: NotaryRole) -> Period {
        match role {
            NotaryRole::Snapshot => self.snapshot.max_expiry,
            NotaryRole::Timestamp => self.timestamp.max_expiry,
        }
    }
}

impl NotaryRole {
    /// Its name in metadata.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.role().as_str()
    }

    /// As TUF has it.
    #[must_use]
    pub fn role(self) -> RoleType {
        match self {
            Self::Snapshot => RoleType::Snapshot,
            Self::Timestamp => RoleType::Timestamp,
        }
    }
}

impl FromStr for NotaryRole {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "snapshot" => Ok(Self::Snapshot),
            "timestamp" => Ok(Self::Timestamp),
            _ => Err(()),
        }
    }
}

fn both() -> Vec<NotaryRole> {
    vec![NotaryRole::Snapshot, NotaryRole::Timestamp]
}

fn unused_keys() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(99)
}

fn snapshot() -> Expiry {
    Expiry {
        max_expiry: Period::from_days(1100),
    }
}

fn timestamp() -> Expiry {
    Expiry {
        max_expiry: Period::from_days(15),
    }
}
