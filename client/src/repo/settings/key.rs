use crate::agent::HeldKey;
use crate::failure::Advice;
use privyseal_tuf::KeyId;
use serde::{Deserialize, Deserializer, de::Error};

/// A key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "KeyTable")]
pub struct KeySettings {
    /// The keyid in the metadata.
    pub keyid: KeyId,
    /// The agent that holds it, and its name there. A key without one signs by other means.
    pub holder: Option<Holder>,
    /// The person or team it belongs to. Without one: `agent:name`.
    pub owner: Option<String>,
}

/// Where a key is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The agent's name.
    pub agent: String,
    /// The key's name there.
    pub name: String,
}

impl KeySettings {
    /// The owner, or `agent:name`.
    pub fn owner(&self) -> String {
        match (&self.owner, &self.holder) {
            (Some(owner), _) => owner.clone(),
            (None, Some(holder)) => holder.to_string(),
            // Not read from any file: one of both is required.
            (None, None) => self.keyid.to_string(),
        }
    }

    /// Whether this is the key that an agent lists.
    pub(in crate::repo) fn is_held_as(&self, held: &HeldKey) -> bool {
        let named = self.holder.as_ref();
        held.key.keyid == self.keyid.as_str()
            || named.is_some_and(|named| named.agent == held.agent && named.name == held.key.name)
    }

    /// Whether a person means this key by `named`: its owner, `agent:name`, name, or the beginning
    /// of its keyid (8 digits or more).
    pub fn is_named(&self, named: &str) -> bool {
        let by_keyid = named.len() >= 8 && self.keyid.as_str().starts_with(named);
        let holder = self.holder.as_ref();
        by_keyid
            || self.owner() == named
            || holder.is_some_and(|holder| holder.name == named || holder.to_string() == named)
    }
}

/// Takes the one key out that is named so.
pub fn take_key(keys: &mut Vec<KeySettings>, named: &str) -> Result<KeySettings, Advice> {
    let mut found = keys
        .iter()
        .enumerate()
        .filter(|(_, key)| key.is_named(named));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(keys.remove(at)),
        (Some(_), Some(_)) => Err(Advice::failed(
            format!("{named} names several keys of the role"),
            "name it AGENT:KEY, or by its whole keyid",
        )),
        (None, _) => Err(Advice::failed(
            format!("the role has no key {named}"),
            "`privyseal repo status` and privyseal.toml list the role's keys",
        )),
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.agent, self.name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTable {
    agent: Option<String>,
    name: Option<String>,
    owner: Option<String>,
    #[serde(deserialize_with = "keyid")]
    keyid: KeyId,
}

impl TryFrom<KeyTable> for KeySettings {
    type Error = &'static str;

    fn try_from(table: KeyTable) -> Result<Self, Self::Error> {
        let holder = match (table.agent, table.name) {
            (Some(agent), Some(name)) => Some(Holder { agent, name }),
            (None, None) => None,
            _ => return Err("a key has `agent` and `name`, or neither"),
        };
        if holder.is_none() && table.owner.as_deref().unwrap_or_default().is_empty() {
            return Err("a key needs `agent` and `name`, or an `owner`");
        }
        Ok(Self {
            keyid: table.keyid,
            holder,
            owner: table.owner,
        })
    }
}

fn keyid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyId, D::Error> {
    let keyid = KeyId::from(String::deserialize(deserializer)?);
    if keyid.as_str().is_empty() {
        Err(D::Error::custom("a keyid is empty"))
    } else {
        Ok(keyid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::example_settings;

    #[test]
    fn keys_are_taken_by_name_owner_or_keyid() {
        let root = example_settings().roles.root;
        for named in ["root-1", "default:root-1", "11111111", &"1".repeat(64)] {
            let mut keys = root.keys.clone();
            take_key(&mut keys, named).unwrap();
            assert_eq!(keys.len(), 1, "{named}");
            assert_eq!(keys[0].owner(), "default:root-2");
        }
        for named in ["root-3", "1111111", "", "other:root-1"] {
            assert!(take_key(&mut root.keys.clone(), named).is_err(), "{named}");
        }
        let mut alice = root.keys.clone();
        alice[0].owner = Some("alice".to_owned());
        assert_eq!(
            take_key(&mut alice, "alice").unwrap().keyid,
            root.keys[0].keyid
        );
    }
}
