//! `[[authority]]`: a name under which repositories are told apart, and its limits.

use std::num::NonZeroU32;

use privyseal_tuf::{Dialect, Role, RoleType};
use serde::Deserialize;

use super::{Demand, Period};
use crate::grant::NameGlob;

/// `[[authority]]`: a name under which repositories are told apart, and its limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub struct Authority {
    /// Its name.
    pub name: String,
    /// How its documents are written.
    pub dialect: Dialect,
    /// Names of keys that may be enrolled for many repositories.
    shared_keys: Vec<NameGlob>,
    root: RoleLimits,
    targets: RoleLimits,
    snapshot: RoleLimits,
    timestamp: RoleLimits,
    /// Every delegated role.
    pub delegated: RoleLimits,
}

/// An authority as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    #[serde(default)]
    dialect: Named,
    #[serde(default)]
    shared_keys: Vec<NameGlob>,
    root: Option<RoleLimits>,
    targets: Option<RoleLimits>,
    snapshot: Option<RoleLimits>,
    timestamp: Option<RoleLimits>,
    delegated: Option<RoleLimits>,
}

/// A dialect as the config names it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    #[default]
    Spec,
    Notary,
}

impl TryFrom<Table> for Authority {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let dialect = match table.dialect {
            Named::Spec => Dialect::Spec,
            Named::Notary => Dialect::Notary,
        };
        if dialect == Dialect::Spec && !table.shared_keys.is_empty() {
            return Err(
                "shared_keys is for dialect = \"notary\": a key of the specification's metadata \
                 belongs to one repository",
            );
        }
        let usual = Usual::of(dialect);
        Ok(Self {
            name: table.name,
            dialect,
            shared_keys: table.shared_keys,
            root: table.root.unwrap_or(usual.root),
            targets: table.targets.unwrap_or(usual.offline),
            snapshot: table.snapshot.unwrap_or(usual.online),
            timestamp: table.timestamp.unwrap_or(usual.timestamp),
            delegated: table.delegated.unwrap_or(usual.offline),
        })
    }
}

impl Authority {
    /// The limits of a role.
    #[must_use]
    pub fn limits(&self, role: &Role) -> RoleLimits {
        match role {
            Role::Top(RoleType::Root) => self.root,
            Role::Top(RoleType::Targets) => self.targets,
            Role::Top(RoleType::Snapshot) => self.snapshot,
            Role::Top(RoleType::Timestamp) => self.timestamp,
            Role::Delegated(_) => self.delegated,
        }
    }

    /// May the key of this name serve many repositories?
    #[must_use]
    pub fn shares(&self, key: &str) -> bool {
        self.shared_keys.iter().any(|glob| glob.matches(key))
    }
}

/// What an authority demands of a role.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleLimits {
    /// The farthest `expires`, from now.
    pub max_expiry: Period,
    /// The lowest threshold that a root, or a delegator, may give this role.
    #[serde(default = "one")]
    pub min_threshold: NonZeroU32,
    /// What must be proved of a key of ours before it signs in this role.
    #[serde(default)]
    pub attestation: Option<Demand>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl RoleLimits {
    fn days(days: u32) -> Self {
        Self {
            max_expiry: Period::from_days(days),
            min_threshold: one(),
            attestation: None,
        }
    }
}

/// The limits where the config gives none.
struct Usual {
    root: RoleLimits,
    offline: RoleLimits,
    online: RoleLimits,
    timestamp: RoleLimits,
}

impl Usual {
    /// notary gives a root ten years, targets and snapshots three, a timestamp fourteen days.
    fn of(dialect: Dialect) -> Self {
        let [root, offline, online, timestamp] = match dialect {
            Dialect::Spec => [400, 400, 32, 32],
            Dialect::Notary => [3660, 1100, 1100, 15],
        };
        Self {
            root: RoleLimits::days(root),
            offline: RoleLimits::days(offline),
            online: RoleLimits::days(online),
            timestamp: RoleLimits::days(timestamp),
        }
    }
}
