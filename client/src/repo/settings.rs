mod delegated;
mod edit;
mod key;
mod period;
mod publishing;
mod render;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use privyseal_tuf::{KeyId, Role, RoleName, RoleType};
use serde::Deserialize;

use super::publish::Layout;
use crate::agent::{AgentEntry, AgentTable, AgentTableError};
use crate::destination::Address;

pub(super) use delegated::bins_of;
pub use delegated::{Delegated, DelegatedSettings, bins};
pub(super) use edit::{remove_delegated, set_delegated, set_role};
pub use key::{Holder, KeySettings, take_key};
pub use period::Period;
pub use publishing::Publishing;
pub(super) use render::render;

/// What `privyseal.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the authority in the agents' configs.
    pub authority: String,
    /// The repository's name.
    pub repository: String,
    /// Where `publish` writes, relative to the project.
    pub output: PathBuf,
    /// Where else it is published to, and how.
    pub publishing: Publishing,
    /// Agents that the project names itself; relative paths are as they are written.
    pub agents: Vec<AgentEntry>,
    /// Who signs.
    pub roles: Roles,
    /// What the delegators' metadata does not say of delegated roles.
    pub delegated: Delegated,
}

/// The settings of each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Of root.
    pub root: RoleSettings,
    /// Of the targets.
    pub targets: RoleSettings,
    /// Of the snapshot.
    pub snapshot: RoleSettings,
    /// Of the timestamp.
    pub timestamp: RoleSettings,
}

/// Who signs for a role, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSettings {
    /// How many keys must sign.
    pub threshold: u32,
    /// How long a new version is valid.
    pub expires: Period,
    /// The keys that may sign.
    pub keys: Vec<KeySettings>,
}

/// Why `privyseal.toml` was refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML, or with a wrong or unknown key.
    #[error("privyseal.toml: {0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// It could not be edited.
    #[error("privyseal.toml: {0}")]
    Edit(#[from] Box<toml_edit::TomlError>),
    /// Nobody could ever sign for the role, or anybody could.
    #[error(
        "privyseal.toml: {role} has a threshold of {threshold} with {keys} different keys: choose a threshold from 1 to the number of keys"
    )]
    Threshold {
        /// The role.
        role: RoleType,
        /// Its threshold.
        threshold: u32,
        /// The number of its keys.
        keys: usize,
    },
    /// A key is listed twice.
    #[error("privyseal.toml: {role} lists key {keyid} twice")]
    Duplicate {
        /// The role.
        role: RoleType,
        /// The key.
        keyid: KeyId,
    },
    /// A delegated role without a delegator.
    #[error("privyseal.toml: delegated role {0:?} needs `by`, the role that delegates to it")]
    NoDelegator(String),
    /// Delegations that lead back to their beginning.
    #[error("privyseal.toml: delegated role {0:?} is delegated to, in the end, by itself")]
    Cycle(String),
    /// An agent that can't be.
    #[error("privyseal.toml: {0}")]
    Agent(#[from] AgentTableError),
    /// A name is missing.
    #[error("privyseal.toml: {0} is empty")]
    Empty(&'static str),
    /// The output would leave the project.
    #[error(
        "privyseal.toml: output must be a directory inside the project, such as \"repository\""
    )]
    Output,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    authority: String,
    repository: String,
    #[serde(default = "default_output")]
    output: PathBuf,
    #[serde(default, deserialize_with = "publishing::addresses")]
    publish: Vec<Address>,
    #[serde(default)]
    layout: Layout,
    #[serde(default)]
    agent: Vec<AgentTable>,
    root: RoleSettings,
    targets: RoleSettings,
    snapshot: RoleSettings,
    timestamp: RoleSettings,
    #[serde(default)]
    delegated: Delegated,
}

fn default_output() -> PathBuf {
    PathBuf::from("repository")
}

impl Settings {
    /// Reads the text of `privyseal.toml`.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let file: SettingsFile = toml::from_str(text).map_err(Box::new)?;
        let agents = file.agent.into_iter().map(AgentTable::of_project);
        let settings = Self {
            authority: file.authority,
            repository: file.repository,
            output: file.output,
            publishing: Publishing {
                to: file.publish,
                layout: file.layout,
            },
            agents: agents.collect::<Result<_, _>>()?,
            roles: Roles {
                root: file.root,
                targets: file.targets,
                snapshot: file.snapshot,
                timestamp: file.timestamp,
            },
            delegated: file.delegated,
        };
        settings.check()?;
        Ok(settings)
    }

    /// The settings of a role.
    pub fn role(&self, role: RoleType) -> &RoleSettings {
        match role {
            RoleType::Root => &self.roles.root,
            RoleType::Targets => &self.roles.targets,
            RoleType::Snapshot => &self.roles.snapshot,
            RoleType::Timestamp => &self.roles.timestamp,
        }
    }

    /// How long a new version of a role is valid.
    pub fn expires(&self, role: &Role) -> Period {
        match role {
            Role::Top(role) => self.role(*role).expires,
            Role::Delegated(name) => self
                .delegated
                .get(name)
                .map_or(self.roles.targets.expires, |settings| settings.expires),
        }
    }

    /// Whose metadata delegates to a role.
    pub fn delegators(&self, name: &RoleName) -> &[Role] {
        self.delegated
            .get(name)
            .map_or(&[], |settings| settings.by.as_slice())
    }

    /// Every key that any role lists; one of several roles comes several times.
    pub fn keys(&self) -> impl Iterator<Item = &KeySettings> {
        let top = RoleType::ALL
            .into_iter()
            .flat_map(|role| &self.role(role).keys);
        top.chain(self.delegated.keys())
    }

    /// Who holds a key: its owner, or `agent:name`.
    pub fn owner(&self, keyid: &KeyId) -> Option<String> {
        let mut keys = self.keys();
        keys.find(|key| key.keyid == *keyid).map(KeySettings::owner)
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.authority.is_empty() {
            return Err(SettingsError::Empty("authority"));
        }
        if self.repository.is_empty() {
            return Err(SettingsError::Empty("repository"));
        }
        if !stays_inside(&self.output) {
            return Err(SettingsError::Output);
        }
        self.delegated.check()?;
        RoleType::ALL
            .into_iter()
            .try_for_each(|role| self.role(role).check(role))
    }
}

impl RoleSettings {
    fn check(&self, role: RoleType) -> Result<(), SettingsError> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.keys.iter().find(|key| !seen.insert(&key.keyid)) {
            return Err(SettingsError::Duplicate {
                role,
                keyid: twice.keyid.clone(),
            });
        }
        let keys = self.keys.len();
        if self.threshold == 0 || self.threshold as usize > keys {
            return Err(SettingsError::Threshold {
                role,
                threshold: self.threshold,
                keys,
            });
        }
        Ok(())
    }
}

fn stays_inside(path: &Path) -> bool {
    let normal = |component| matches!(component, Component::Normal(_));
    path.components().count() > 0 && path.components().all(normal)
}

#[cfg(test)]
pub(crate) mod tests;
