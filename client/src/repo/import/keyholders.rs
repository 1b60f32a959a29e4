use std::cell::Cell;
use std::str::FromStr;

use privyseal_tuf::json::Value;
use privyseal_tuf::{Key, KeyId};

use crate::agent::HeldKey;
use crate::failure::Advice;
use crate::repo::settings::{Holder, KeySettings};
use crate::show::escape;

/// The field in which tuf-on-ci says where an online key is.
const ONLINE_URI: &str = "x-tuf-on-ci-online-uri";

/// The longest claim that is believed to be a name.
const LONGEST: usize = 200;

/// A name for the owner of a key, as `KEYID=NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerName {
    /// The keyid, or 8 or more of its first digits.
    keyid: String,
    /// The person or team.
    owner: String,
}

impl FromStr for OwnerName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((keyid, owner)) if !keyid.is_empty() && !owner.is_empty() => Ok(Self {
                keyid: keyid.to_owned(),
                owner: owner.to_owned(),
            }),
            _ => Err(format!("{text:?} names no owner: write KEYID=NAME")),
        }
    }
}

/// Whose the keys of a repository are.
#[derive(Debug)]
pub struct Keyholders {
    named: Vec<(OwnerName, Cell<bool>)>,
    held: Vec<(Key, Holder)>,
}

impl Keyholders {
    /// As a person named them, and as agents hold them.
    pub fn new(named: Vec<OwnerName>, held: &[HeldKey]) -> Self {
        let holder = |held: &HeldKey| Holder {
            agent: held.agent.clone(),
            name: held.key.name.clone(),
        };
        let held = held.iter();
        Self {
            named: named
                .into_iter()
                .map(|name| (name, Cell::default()))
                .collect(),
            held: held
                .filter_map(|held| Some((held.tuf_key().ok()?, holder(held))))
                .collect(),
        }
    }

    /// What is written down of a key: the keyid that the metadata gives it, the agent that holds it,
    /// and its owner, who is named, or else claimed by the key itself.
    pub(super) fn settle(&self, keyid: &KeyId, key: &Key) -> KeySettings {
        let held = self.held.iter();
        let mut held = held.filter(|(held, _)| held.fingerprint() == key.fingerprint());
        let holder = held.next().map(|(_, holder)| holder.clone());
        let owner = self.named(keyid).or_else(|| claimed(key));
        let owner = match (&owner, &holder) {
            (None, None) => Some(format!("imported:{}", beginning(keyid))),
            _ => owner,
        };
        KeySettings {
            keyid: keyid.clone(),
            holder,
            owner,
        }
    }

    fn named(&self, keyid: &KeyId) -> Option<String> {
        let (name, used) = self.named.iter().find(|(name, _)| name.is_of(keyid))?;
        used.set(true);
        Some(name.owner.clone())
    }

    /// Refuses names of keys that the repository does not have.
    pub(super) fn refuse_unused(&self) -> Result<(), Advice> {
        match self.named.iter().find(|(_, used)| !used.get()) {
            None => Ok(()),
            Some((name, _)) => Err(Advice::failed(
                format!("the repository has no key {}", name.keyid),
                "give --owner a whole keyid, or 8 or more of its first digits",
            )),
        }
    }
}

impl OwnerName {
    fn is_of(&self, keyid: &KeyId) -> bool {
        let keyid = keyid.as_str();
        keyid == self.keyid || (self.keyid.len() >= 8 && keyid.starts_with(&self.keyid))
    }
}

/// Whose the key says it is. Nobody vouches for it but those who signed the metadata; what could
/// not be shown as it is, is no name.
fn claimed(key: &Key) -> Option<String> {
    let uri = || {
        key.value()
            .as_object()?
            .get(ONLINE_URI)
            .and_then(Value::as_str)
    };
    let claim = key.claimed_owner().or_else(uri)?;
    let plain = !claim.trim().is_empty() && claim.len() <= LONGEST && escape(claim) == claim;
    plain.then(|| claim.to_owned())
}

fn beginning(keyid: &KeyId) -> String {
    keyid.as_str().chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::testing::Signer;

    fn key(more: &str) -> Key {
        let text = format!(
            r#"{{"keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{}"}}{more}}}"#,
            "5a".repeat(32)
        );
        Key::parse(&Value::parse(text.as_bytes()).unwrap()).unwrap()
    }

    fn owner(owners: &Keyholders, key: &Key) -> Option<String> {
        owners.settle(&"0123456789".into(), key).owner
    }

    #[test]
    fn owners_are_named_or_claimed_or_unknown() {
        let nobody = Keyholders::new(Vec::new(), &[]);
        let said = |more: &str| owner(&nobody, &key(more)).unwrap();
        assert_eq!(said(""), "imported:01234567");
        assert_eq!(said(r#","x-tuf-on-ci-keyowner":"@alice""#), "@alice");
        let uri = r#","x-tuf-on-ci-online-uri":"gcpkms:a/b""#;
        assert_eq!(said(uri), "gcpkms:a/b");
        for claim in [
            "",
            " ",
            r"\u202egro.elpmaxe",
            r"a\u001b[2J",
            &"x".repeat(201),
        ] {
            let more = format!(r#","x-tuf-on-ci-keyowner":"{claim}""#);
            assert_eq!(said(&more), "imported:01234567");
        }
        let named = |text: &str| Keyholders::new(vec![text.parse().unwrap()], &[]);
        let claims = key(r#","x-tuf-on-ci-keyowner":"@alice""#);
        for (text, expected) in [
            ("0123456789=bob", "bob"),
            ("01234567=bob=2", "bob=2"),
            ("0123456=bob", "@alice"),
            ("0123456780=bob", "@alice"),
        ] {
            let owners = named(text);
            assert_eq!(owner(&owners, &claims).unwrap(), expected, "{text}");
            assert_eq!(owners.refuse_unused().is_ok(), expected != "@alice");
        }
        for text in ["", "x", "=x", "x="] {
            assert!(text.parse::<OwnerName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_held_key_is_known_under_any_keyid() {
        let signer = Signer::new(1);
        let public = signer.key.public().unwrap().to_spki_pem();
        let held = HeldKey {
            agent: "safe".to_owned(),
            key: privyseal_proto::v1::Key {
                name: "root-1".to_owned(),
                public_key: public,
                keyid: signer.keyid().to_string(),
                ..Default::default()
            },
        };
        let owners = Keyholders::new(Vec::new(), &[held]);
        let settings = owners.settle(&"my-key".into(), &signer.key);
        assert_eq!(settings.holder.unwrap().to_string(), "safe:root-1");
        assert_eq!((settings.keyid.as_str(), settings.owner), ("my-key", None));
    }
}
