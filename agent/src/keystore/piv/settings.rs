//! Settings of a keystore that is a YubiKey.

use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, Error};

use crate::keystore::name::KeystoreName;
use crate::keystore::pin::PinSource;

/// One `[[keystore]]` table of the config with `kind = "piv"`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The keystore's name.
    pub name: KeystoreName,
    /// Always `piv`.
    pub kind: Kind,
    /// The serial number of the YubiKey, as it is printed on it and `privyseal yubikey list` shows
    /// it. No other YubiKey gets a PIN.
    pub serial: u32,
    /// Where its PIN comes from.
    pub pin: PinSource,
    /// How long a request waits for a person to type the PIN, and how long a typed PIN waits for a
    /// request that may use it once: 10 s to 10 minutes.
    #[serde(default = "two_minutes", deserialize_with = "person_time")]
    pub person_time: Duration,
    /// Time for the device to answer, with the wait for other programs that use it: 1 s to 10
    /// minutes. The time for a touch comes on top.
    #[serde(default = "twenty_seconds", deserialize_with = "deadline")]
    pub deadline: Duration,
    /// After the device was away, a keystore of root keys waits for a person.
    #[serde(default = "yes")]
    pub holds_root_keys: bool,
    /// May operators enrol keys that were made elsewhere, and written to it with other tools?
    #[serde(default)]
    pub allow_import: bool,
    /// Secrets from the factory, which everybody knows, that are taken all the same.
    #[serde(default)]
    pub accept_factory: Vec<FactorySecret>,
}

/// The kind of keystore that these settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Kind {
    /// A YubiKey's PIV application.
    #[serde(rename = "piv")]
    Piv,
}

/// A secret that a YubiKey has from the factory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorySecret {
    /// 123456.
    Pin,
    /// 12345678.
    Puk,
    /// 01 to 08, three times.
    ManagementKey,
}

impl FactorySecret {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pin => "PIN",
            Self::Puk => "PUK",
            Self::ManagementKey => "management key",
        }
    }
}

fn two_minutes() -> Duration {
    Duration::from_secs(120)
}

fn twenty_seconds() -> Duration {
    Duration::from_secs(20)
}

fn yes() -> bool {
    true
}

fn person_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within(deserializer, 10)
}

fn deadline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    within(deserializer, 1)
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, least: u64) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let duration: SignedDuration = text
        .parse()
        .map_err(|error| D::Error::custom(format!("not a duration such as \"20s\": {error}")))?;
    let duration = Duration::try_from(duration).unwrap_or_default();
    if !(Duration::from_secs(least)..=Duration::from_secs(600)).contains(&duration) {
        return Err(D::Error::custom(format!(
            "{text} is not within {least}s and 10m"
        )));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
        name = "root-a"
        kind = "piv"
        serial = 12345678
        pin = "operator"
    "#;

    fn parse(more: &str) -> Result<Settings, String> {
        toml::from_str(&format!("{LEAST}\n{more}")).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn defaults_accept_nothing_from_the_factory() {
        let settings = parse("").unwrap();
        assert_eq!(settings.person_time, Duration::from_secs(120));
        assert_eq!(settings.deadline, Duration::from_secs(20));
        assert!(settings.holds_root_keys && !settings.allow_import);
        assert!(settings.accept_factory.is_empty());
    }

    #[test]
    fn takes_what_is_within_bounds_and_no_more() {
        let settings = parse("accept_factory = [\"puk\", \"management-key\"]\ndeadline = \"1s\"");
        let accepted = [FactorySecret::Puk, FactorySecret::ManagementKey];
        assert_eq!(settings.unwrap().accept_factory, accepted);
        for more in [
            "person_time = \"9s\"",
            "person_time = \"11m\"",
            "deadline = \"999ms\"",
            "deadline = 20",
            "accept_factory = [\"PIN\"]",
            "accept_factory = true",
            "slot = \"9c\"",
        ] {
            assert!(parse(more).is_err(), "{more}");
        }
    }
}
