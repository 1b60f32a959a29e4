use std::collections::BTreeSet;
use std::path::PathBuf;

use privyseal_tuf::{KeyId, Role, RoleType};

use super::OldKeys;
use super::elsewhere::{Elsewhere, keyids_of};
use crate::trust::publish::State;

/// A key file that the repository needed, and no longer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The file.
    pub path: PathBuf,
    /// What docker or notary wrote into it: `root`, or the name of a signer.
    pub role: String,
    /// Whether it is for one repository alone, as docker and notary say.
    pub is_of_one: bool,
    /// Other repositories that need its key, or may.
    pub elsewhere: BTreeSet<String>,
}

/// The key files that the repository needed once and, as it is now, does not.
#[must_use]
pub fn retired(now: &State, old: &OldKeys, others: &Elsewhere) -> Vec<Retired> {
    let gun = now.known.gun.as_str();
    let named = &others.named;
    let is_root = |role: &Role| role.top() == Some(RoleType::Root);
    let roots = now.known.documents.iter().filter(|(role, _)| is_root(role));
    let once: BTreeSet<KeyId> = roots.flat_map(|(_, root)| keyids_of(root)).collect();
    let newest = now.base.root.iter().map(|(root, _)| root);
    let targets = now.base.targets.values().map(|(document, _)| document);
    let needed: BTreeSet<KeyId> = newest.chain(targets).flat_map(keyids_of).collect();
    let of_here = |keyid: &KeyId| {
        once.contains(keyid) || named.get(keyid).is_some_and(|guns| guns.contains(gun))
    };
    let keys = old.iter();
    let gone = keys.filter(|old| of_here(&old.keyid) && !needed.contains(&old.keyid));
    let retired = gone.map(|old| {
        let mut elsewhere = named.get(&old.keyid).cloned().unwrap_or_default();
        elsewhere.remove(gun);
        let is_of_one = old.file.gun().is_some();
        if !is_of_one {
            elsewhere.extend(others.unknown.iter().cloned());
        }
        Retired {
            path: old.path(),
            role: old.file.role().unwrap_or("private").to_owned(),
            is_of_one,
            elsewhere,
        }
    });
    retired.collect()
}
