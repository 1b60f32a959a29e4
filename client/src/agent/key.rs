use std::fmt;
use std::str::FromStr;

use privyseal_proto::v1;
use privyseal_tuf::{Key, PublicKey};

use super::error::AgentError;

/// The purpose of keys that sign for Docker Content Trust.
pub const TRUST: &str = "trust";

/// A key as it is named on the command line: `AGENT:NAME`, or `NAME` where one agent is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// The agent, where it is named.
    pub agent: Option<String>,
    /// The key's name.
    pub name: String,
}

/// A key that an agent holds.
#[derive(Clone, Debug)]
pub struct HeldKey {
    /// The agent's name here.
    pub agent: String,
    /// What the agent says of it.
    pub key: v1::Key,
}

/// The text names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no key: write NAME, or AGENT:NAME")]
pub struct NotAKey(String);

impl HeldKey {
    /// The key as it stands in metadata, made from its public key; a trust key as notary writes it,
    /// without a certificate. The agent's keyid must be the one that is computed for it.
    pub fn tuf_key(&self) -> Result<Key, AgentError> {
        let wrong = |message: String| AgentError::WrongAnswer {
            agent: self.agent.clone(),
            message: format!("key {}: {message}", self.key.name),
        };
        let public = PublicKey::from_spki_pem(&self.key.public_key);
        let public = public.map_err(|e| wrong(e.to_string()))?;
        let key = match self.key.purpose.as_str() {
            TRUST => Key::of_notary(&public),
            _ => Key::from_public(&public),
        };
        if key.keyid().as_str() != self.key.keyid {
            let message = format!("its keyid is {}, not {}", key.keyid(), self.key.keyid);
            return Err(wrong(message));
        }
        Ok(key)
    }

    /// Whether a person may have to type a PIN or touch its device for a signature, by the token's
    /// word.
    pub fn waits_for_person(&self) -> bool {
        let asks = |policy: &str| !matches!(policy, "" | "never");
        asks(&self.key.touch_policy) || asks(&self.key.pin_policy)
    }
}

impl FromStr for KeyRef {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (agent, name) = match text.split_once(':') {
            Some((agent, name)) => (Some(agent), name),
            None => (None, text),
        };
        if name.is_empty() || agent.is_some_and(str::is_empty) {
            return Err(NotAKey(text.to_owned()));
        }
        Ok(Self {
            agent: agent.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.agent {
            Some(agent) => write!(f, "{agent}:{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl KeyRef {
    /// Whether `held` is the key that is meant, if it is the only one of its name.
    pub fn matches(&self, held: &HeldKey) -> bool {
        held.key.name == self.name && self.agent.as_ref().is_none_or(|agent| *agent == held.agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_with_or_without_their_agent() {
        let key: KeyRef = "build:root-1".parse().unwrap();
        assert_eq!(
            (key.agent.as_deref(), key.name.as_str()),
            (Some("build"), "root-1")
        );
        let key: KeyRef = "root-1".parse().unwrap();
        assert_eq!((key.agent, key.name.as_str()), (None, "root-1"));
        assert!(":x".parse::<KeyRef>().is_err());
        assert!("x:".parse::<KeyRef>().is_err());
        assert!("".parse::<KeyRef>().is_err());
    }
}
