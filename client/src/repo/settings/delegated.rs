use std::collections::BTreeMap;

use privyseal_tuf::{Role, RoleName};
use serde::{Deserialize, Deserializer, de::Error};

use super::{KeySettings, Period, SettingsError};

/// What the delegators' metadata does not say of delegated roles, by name. `PREFIX-*` stands for
/// all hashed bins of a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Delegated(BTreeMap<String, DelegatedSettings>);

/// Who delegates to a role, who holds its keys, and for how long it signs.
///
/// Which keys may sign, how many must, and for which paths stands in the delegator's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegatedSettings {
    /// The roles whose metadata delegates to it.
    #[serde(deserialize_with = "roles")]
    pub by: Vec<Role>,
    /// How long a new version is valid.
    pub expires: Period,
    /// Whose its keys are.
    #[serde(default)]
    pub keys: Vec<KeySettings>,
}

impl Delegated {
    /// What is said of a role, by its name or as a bin.
    pub fn get(&self, name: &RoleName) -> Option<&DelegatedSettings> {
        let own = self.0.get(name.as_str());
        own.or_else(|| self.0.get(&bins_of(name)?))
    }

    /// The entries, by name or `PREFIX-*`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DelegatedSettings)> {
        self.0
            .iter()
            .map(|(name, settings)| (name.as_str(), settings))
    }

    /// Sets the entry of a name or `PREFIX-*`.
    pub fn insert(&mut self, name: impl Into<String>, settings: DelegatedSettings) {
        self.0.insert(name.into(), settings);
    }

    pub(in crate::repo) fn keys(&self) -> impl Iterator<Item = &KeySettings> {
        self.0.values().flat_map(|settings| &settings.keys)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for (name, settings) in &self.0 {
            if settings.by.is_empty() {
                return Err(SettingsError::NoDelegator(name.clone()));
            }
            // Further up than there are entries is round in a circle.
            if !self.ends(settings, self.0.len()) {
                return Err(SettingsError::Cycle(name.clone()));
            }
        }
        Ok(())
    }

    fn ends(&self, settings: &DelegatedSettings, left: usize) -> bool {
        let above = settings.by.iter().filter_map(Role::delegated);
        let mut above = above.filter_map(|name| self.get(name));
        above.all(|settings| left > 0 && self.ends(settings, left - 1))
    }
}

/// The name of the entry of all bins of a prefix.
pub fn bins(prefix: &str) -> String {
    format!("{prefix}-*")
}

/// The name of the entry of all bins, where a role is named as one of them.
pub(in crate::repo) fn bins_of(name: &RoleName) -> Option<String> {
    let (prefix, digits) = name.as_str().rsplit_once('-')?;
    let is_bin =
        (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_bin.then(|| bins(prefix))
}

fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let role = |name: String| {
        name.parse()
            .map_err(|error| D::Error::custom(format!("the role name {name:?} {error}")))
    };
    names.into_iter().map(role).collect()
}
