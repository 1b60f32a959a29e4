//! Settings of a PKCS#11 keystore.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer, Error};

use crate::keystore::error::KeystoreError;
use crate::keystore::name::{KeyName, KeystoreName};
use crate::keystore::pin::PinSource;
use crate::keystore::uri::TokenUri;

/// One `[[keystore]]` table of the config with `kind = "pkcs11"`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The keystore's name.
    pub name: KeystoreName,
    /// Always `pkcs11`.
    pub kind: Kind,
    /// The module: absolute path of a shared library.
    #[serde(deserialize_with = "absolute")]
    pub module: PathBuf,
    /// The token; exactly one must match.
    pub token: TokenUri,
    /// Where its PIN comes from.
    pub pin: PinSource,
    /// Sessions that sign at the same time, 1 to 64: as many signatures as the token makes in
    /// parallel.
    #[serde(default = "two", deserialize_with = "within::<1, 64, _>")]
    pub sessions: usize,
    /// Requests that may wait for a session, 1 to 65536.
    #[serde(default = "queue", deserialize_with = "within::<1, 65_536, _>")]
    pub queue: usize,
    /// Time for a signature with its wait in the queue: 10 ms to 10 minutes. A call that takes
    /// longer marks the keystore as faulted.
    #[serde(default = "ten_seconds", deserialize_with = "deadline")]
    pub deadline: Duration,
    /// How long a request waits for a person to type the PIN of a key that wants it before each
    /// signature, and how long a typed PIN waits for such a request: 10 s to 10 minutes.
    #[serde(default = "two_minutes", deserialize_with = "person_time")]
    pub person_time: Duration,
    /// After its token was away, a keystore of root keys waits for a person.
    #[serde(default = "yes")]
    pub holds_root_keys: bool,
    /// May operators write keys to it that were made elsewhere?
    #[serde(default)]
    pub allow_import: bool,
    /// Keys that may be used although the token would let them out.
    #[serde(default)]
    pub accept_extractable: Vec<KeyName>,
}

impl Settings {
    /// Reads the configured PIN.
    pub(super) fn read_pin(&self) -> Result<SecretString, KeystoreError> {
        self.pin
            .read()
            .map_err(|error| KeystoreError::PinUnavailable {
                keystore: self.name.clone(),
                why: error.to_string(),
            })
    }
}

/// The kind of keystore that these settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Kind {
    /// A PKCS#11 module.
    #[serde(rename = "pkcs11")]
    Pkcs11,
}

fn two() -> usize {
    2
}

fn queue() -> usize {
    256
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn two_minutes() -> Duration {
    Duration::from_secs(120)
}

fn yes() -> bool {
    true
}

fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if !path.is_absolute() {
        return Err(D::Error::custom("the module's path must be absolute"));
    }
    Ok(path)
}

fn within<'de, const LEAST: usize, const MOST: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<usize, D::Error> {
    let number = usize::deserialize(deserializer)?;
    if !(LEAST..=MOST).contains(&number) {
        return Err(D::Error::custom(format!(
            "{number} is not within {LEAST} and {MOST}"
        )));
    }
    Ok(number)
}

fn deadline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let deadline = duration(deserializer)?;
    if !(Duration::from_millis(10)..=Duration::from_secs(600)).contains(&deadline) {
        return Err(D::Error::custom("a deadline lies within 10ms and 10m"));
    }
    Ok(deadline)
}

fn person_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time = duration(deserializer)?;
    if !(Duration::from_secs(10)..=Duration::from_secs(600)).contains(&time) {
        return Err(D::Error::custom("a person gets 10s to 10m"));
    }
    Ok(time)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let duration: SignedDuration = text
        .parse()
        .map_err(|error| D::Error::custom(format!("not a duration such as \"10s\": {error}")))?;
    Ok(Duration::try_from(duration).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
        name = "online"
        kind = "pkcs11"
        module = "/usr/lib/softhsm/libsofthsm2.so"
        token = "pkcs11:token=online"
        pin = "operator"
    "#;

    fn parse(more: &str) -> Result<Settings, String> {
        toml::from_str(&format!("{LEAST}\n{more}")).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn defaults() {
        let settings = parse("").unwrap();
        assert_eq!((settings.sessions, settings.queue), (2, 256));
        assert_eq!(settings.deadline, Duration::from_secs(10));
        assert_eq!(settings.person_time, Duration::from_secs(120));
        assert!(settings.holds_root_keys && !settings.allow_import);
        assert!(settings.accept_extractable.is_empty());
    }

    #[test]
    fn takes_what_is_within_bounds() {
        let settings = parse(
            "sessions = 64\nqueue = 1\ndeadline = \"1m 500ms\"\nholds_root_keys = false\n\
             accept_extractable = [\"old-key\"]",
        )
        .unwrap();
        assert_eq!(settings.deadline, Duration::from_millis(60_500));
        assert_eq!(
            settings.accept_extractable,
            vec!["old-key".parse().unwrap()]
        );
    }

    #[test]
    fn refuses_the_rest() {
        for more in [
            "sessions = 0",
            "sessions = 65",
            "sessions = \"2\"",
            "queue = 0",
            "queue = 65537",
            "deadline = 10",
            "deadline = \"-1s\"",
            "deadline = \"1ms\"",
            "deadline = \"1h\"",
            "person_time = \"9s\"",
            "person_time = \"11m\"",
            "pins = 3",
            "accept_extractable = [\"a b\"]",
        ] {
            assert!(parse(more).is_err(), "{more}");
        }
        let relative = LEAST.replace("/usr/lib/softhsm/", "");
        assert!(toml::from_str::<Settings>(&relative).is_err());
    }
}
