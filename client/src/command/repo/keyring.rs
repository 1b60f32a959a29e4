use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use privyseal_tuf::{Key, KeyId, PublicKey, json::Value};

use crate::agent::{Agents, HeldKey, KeyRef};
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::{Holder, KeySettings, Project};

/// More than any public key takes.
const MOST_BYTES: u64 = 1 << 16;

/// A key as it is named on the command line: `AGENT:KEY`, `KEY`, or `OWNER=FILE` for one that no
/// agent holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyArg {
    /// A key of an agent.
    Held(KeyRef),
    /// A public key in a file: PEM, or JSON as in metadata.
    Public { owner: String, file: PathBuf },
}

impl FromStr for KeyArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((owner, file)) if !owner.is_empty() && !file.is_empty() => Ok(Self::Public {
                owner: owner.to_owned(),
                file: file.into(),
            }),
            Some(_) => Err(format!("{text:?} names no key: write OWNER=FILE")),
            None => text
                .parse()
                .map(Self::Held)
                .map_err(|e: crate::agent::NotAKey| e.to_string()),
        }
    }
}

/// The keys that can be given to roles: those that agents hold, and those read from files.
pub(super) struct Keyring {
    agents: Agents,
    held: Vec<HeldKey>,
    known: BTreeMap<KeyId, Key>,
}

impl Keyring {
    /// With the keys of all agents that answer.
    pub(super) async fn open(
        project: Option<&Project>,
        context: &mut Context<'_>,
    ) -> anyhow::Result<Self> {
        let named = project.map(Project::agents).unwrap_or_default();
        let agents = context.agents(named).await?;
        context.report_missing(&agents)?;
        let held = agents.keys().await?;
        let keys = held.iter().filter_map(|held| held.tuf_key().ok());
        let known = keys.map(|key| (key.keyid().clone(), key)).collect();
        Ok(Self {
            agents,
            held,
            known,
        })
    }

    /// How a key is written down in the settings; its public key is known from then on.
    pub(super) fn settle(&mut self, wanted: &KeyArg) -> anyhow::Result<KeySettings> {
        match wanted {
            KeyArg::Held(wanted) => {
                let held = self.agents.resolve(&self.held, wanted)?;
                signs_tuf(held)?;
                Ok(KeySettings {
                    keyid: held.tuf_key()?.keyid().clone(),
                    holder: Some(Holder {
                        agent: held.agent.clone(),
                        name: held.key.name.clone(),
                    }),
                    owner: None,
                })
            }
            KeyArg::Public { owner, file } => {
                let key = read_public(file).with_context(|| file.display().to_string())?;
                let keyid = key.keyid().clone();
                self.known.insert(keyid.clone(), key);
                Ok(KeySettings {
                    keyid,
                    holder: None,
                    owner: Some(owner.clone()),
                })
            }
        }
    }

    /// Those of several keys.
    pub(super) fn settle_all(&mut self, wanted: &[KeyArg]) -> anyhow::Result<Vec<KeySettings>> {
        wanted.iter().map(|key| self.settle(key)).collect()
    }

    /// Every key by its keyid, as it stands in metadata.
    pub(super) fn known(&self) -> &BTreeMap<KeyId, Key> {
        &self.known
    }
}

/// A notary-server's key, or the ledger's, is for nothing else.
fn signs_tuf(held: &HeldKey) -> Result<(), Advice> {
    match held.key.purpose.as_str() {
        "tuf" => Ok(()),
        purpose => Err(Advice::failed(
            format!("{}:{} is a {purpose} key", held.agent, held.key.name),
            "name a key for TUF metadata: `privyseal key list --purpose tuf`",
        )),
    }
}

/// Reads a public key: PEM (SubjectPublicKeyInfo), or the JSON of a key in metadata.
fn read_public(path: &Path) -> anyhow::Result<Key> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let key = match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim_start().starts_with('{') => {
            let key = Key::parse(&Value::parse(text.trim().as_bytes())?)?;
            key.public().map_err(Clone::clone)?;
            key
        }
        Ok(text) => Key::from_public(&PublicKey::from_spki_pem(text)?),
        Err(_) => {
            return Err(Advice::failed(
                "this is no public key in text form",
                "give PEM (BEGIN PUBLIC KEY), or the JSON of a TUF key",
            )
            .into());
        }
    };
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_held_or_in_a_file() {
        let held: KeyArg = "safe:root-1".parse().unwrap();
        assert_eq!(held, KeyArg::Held("safe:root-1".parse().unwrap()));
        let public = KeyArg::Public {
            owner: "alice".to_owned(),
            file: "a:b=c.pem".into(),
        };
        assert_eq!("alice=a:b=c.pem".parse(), Ok(public));
        for none in ["", "=x", "x=", ":x"] {
            assert!(none.parse::<KeyArg>().is_err(), "{none}");
        }
    }

    #[test]
    fn public_keys_are_read_as_pem_or_json() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let key = crate::repo::testing::Signer::new(9).key;
        let public = key.public().unwrap();
        for text in [public.to_spki_pem().into_bytes(), key.value().to_pretty()] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read_public(&path).unwrap().keyid(), key.keyid());
        }
        for text in [&b"nothing"[..], b"{}", b"\xff\xff", b""] {
            std::fs::write(&path, text).unwrap();
            assert!(read_public(&path).is_err());
        }
    }
}
