use std::collections::BTreeMap;

use privyseal_tuf::{KeyId, RoleType};

use super::GoneKey;
use crate::failure::Advice;
use crate::repo::project::Project;
use crate::repo::tree::branches;
use crate::repo::work::Work;

/// The one key that a person names: `AGENT:KEY`, its name, its owner, or the beginning of its keyid
/// (8 digits or more).
pub fn key_named(project: &Project, work: &Work, named: &str) -> anyhow::Result<GoneKey> {
    let named_so = |key: &GoneKey| {
        let holder = key.holder.as_ref();
        let by_keyid = named.len() >= 8 && key.keyid.as_str().starts_with(named);
        by_keyid
            || key.owner == named
            || holder.is_some_and(|holder| holder.name == named || holder.to_string() == named)
    };
    let mut found = keys(project, work)?.into_values().filter(named_so);
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key),
        (Some(one), Some(other)) => Err(Advice::failed(
            format!("{named} names several keys: {} and {}", one.keyid, other.keyid),
            "name it AGENT:KEY, or by the beginning of its keyid; `privyseal repo left OWNER` takes all of an owner's",
        )
        .into()),
        (None, _) => Err(unknown(work, named)),
    }
}

/// All keys of an owner.
pub fn keys_of(project: &Project, work: &Work, owner: &str) -> anyhow::Result<Vec<GoneKey>> {
    let keys = keys(project, work)?.into_values();
    let keys: Vec<GoneKey> = keys.filter(|key| key.owner == owner).collect();
    if keys.is_empty() {
        return Err(unknown(work, owner));
    }
    Ok(keys)
}

fn unknown(work: &Work, named: &str) -> anyhow::Error {
    let published = work.published().last(RoleType::Root);
    let on_its_way_out = published
        .and_then(|root| root.root().ok())
        .is_some_and(|root| {
            let mut keyids = root.keys.keys();
            named.len() >= 8 && keyids.any(|keyid| keyid.as_str().starts_with(named))
        });
    let advice = if on_its_way_out {
        Advice::failed(
            format!("the next root does without {named} already"),
            "sign and publish it: `privyseal repo status` says what is missing",
        )
    } else {
        Advice::failed(
            format!("no role has a key {named}"),
            "`privyseal repo roles` lists the keys of every role and their owners",
        )
    };
    advice.into()
}

/// Every key that may sign anything once the drafts are published.
fn keys(project: &Project, work: &Work) -> anyhow::Result<BTreeMap<KeyId, GoneKey>> {
    let settings = project.settings();
    let owners = project.owners().by_keyid(settings)?;
    let mut keyids: Vec<KeyId> = settings.keys().map(|key| key.keyid.clone()).collect();
    for branch in branches(work)? {
        keyids.extend(branch.delegations.keys.into_keys());
    }
    let key = |keyid: KeyId| {
        let known = settings.keys().find(|key| key.keyid == keyid);
        let key = GoneKey {
            owner: owners
                .get(&keyid)
                .cloned()
                .unwrap_or_else(|| keyid.to_string()),
            holder: known.and_then(|key| key.holder.clone()),
            keyid: keyid.clone(),
        };
        (keyid, key)
    };
    Ok(keyids.into_iter().map(key).collect())
}
