use std::collections::BTreeMap;

use anyhow::Context;
use privyseal_tuf::{Document, Draft, Expires, Key, KeyId, RoleType, Root};

use super::settings::{KeySettings, Settings};
use crate::failure::Advice;

/// What the next root is made of.
#[derive(Debug)]
pub struct RootChange<'a> {
    /// The root that was published last.
    pub published: Option<&'a Document>,
    /// The draft that the new one takes the place of: it may list keys that the last root does not.
    pub drafted: Option<&'a Document>,
    /// Keys that agents hold, by keyid: for those that the last root does not list.
    pub held: &'a BTreeMap<KeyId, Key>,
    /// When it expires.
    pub expires: Expires,
}

/// The root that follows the published one, with the keys and thresholds of the settings.
pub fn draft_root(settings: &Settings, change: &RootChange<'_>) -> anyhow::Result<Document> {
    let (mut draft, listed) = match change.published {
        None => (Draft::root(1, &change.expires), BTreeMap::new()),
        Some(document) => {
            let root = document.root().context("the published root")?;
            let mut draft = Draft::<Root>::edit(document)?;
            draft.set_version(root.header.version + 1);
            draft.set_expires(&change.expires);
            (draft, root.keys)
        }
    };
    let drafted = change.drafted.map(Document::root).transpose()?;
    let drafted = drafted.map(|root| root.keys).unwrap_or_default();
    let known = |keyid: &KeyId| drafted.get(keyid).or_else(|| change.held.get(keyid));
    for role in RoleType::ALL {
        let role_settings = settings.role(role);
        let mut keyids = Vec::with_capacity(role_settings.keys.len());
        for key in &role_settings.keys {
            if !listed.contains_key(&key.keyid) {
                let new = known(&key.keyid).filter(|new| *new.keyid() == key.keyid);
                draft.add_key(new.ok_or_else(|| not_listed(key))?);
            }
            keyids.push(key.keyid.clone());
        }
        draft.set_role(role, &keyids, role_settings.threshold);
    }
    draft.remove_unused_keys();
    draft.finish().context("the new root")
}

fn not_listed(key: &KeySettings) -> Advice {
    Advice::failed(
        format!("no agent lists the new key {} ({})", key.keyid, key.owner()),
        "start that agent, and compare the keyid in privyseal.toml with `privyseal key list --wide`",
    )
}
