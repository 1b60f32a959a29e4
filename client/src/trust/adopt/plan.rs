use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use privyseal_tuf::{Key, KeyId, RoleType, Root};

use super::signers::Signers;
use super::{AdoptError, Begun, OldKeys};
use crate::trust::change::Change;
use crate::trust::hands::{Hand, Hands};
use crate::trust::publish::State;

/// Which keys are to take the places of those in files.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of root.
    pub root: Vec<Hand>,
    /// Of targets; where there is none, one is made.
    pub targets: Vec<Hand>,
    /// Of the snapshot; none is the server's.
    pub snapshot: Option<Vec<Hand>>,
    /// Of signers, by their names; where one is not here, the delegation key of that name.
    pub signers: BTreeMap<String, Hand>,
}

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Roles of the root that get other keys. Empty where an earlier run began the root.
    pub roles: Vec<RolePlan>,
    /// What changes in delegations.
    pub changes: Vec<Change>,
    /// Each delegation key that is replaced.
    pub signers: Vec<Replaced>,
    /// What stays as it is, though its key is in a file.
    pub left: Vec<Left>,
    /// Whether a root goes on that an earlier run began.
    pub continues: bool,
}

/// Other keys for a role of the root.
#[derive(Clone, Debug)]
pub struct RolePlan {
    /// The role.
    pub role: RoleType,
    /// The keys that are in files, by their canonical ids.
    pub old: Vec<(KeyId, PathBuf)>,
    /// Keys of others, which stay.
    pub kept: Vec<Key>,
    /// What takes the place.
    pub new: NewKeys,
    /// How many must sign, as before.
    pub threshold: u32,
}

/// Where new keys are.
#[derive(Clone, Debug)]
pub enum NewKeys {
    /// At the agents.
    Held(Vec<Hand>),
    /// An agent makes one.
    Made,
    /// The trust server has it.
    Server,
}

/// A delegation key that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The delegated role.
    pub role: String,
    /// The key that is in a file, by its canonical id.
    pub old: KeyId,
    /// `AGENT:NAME` of the new one.
    pub new: String,
}

/// A role that keeps its key in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The role.
    pub role: String,
    /// The key, by its canonical id.
    pub keyid: KeyId,
    /// Why.
    pub why: String,
}

impl Plan {
    /// What is to be done in a repository as it is published.
    ///
    /// # Errors
    /// Where keys are missing.
    pub fn make(
        state: &State,
        begun: Option<&Begun>,
        old: &OldKeys,
        hands: &Hands<'_>,
        wanted: &Wanted,
        now: i64,
    ) -> Result<Self, AdoptError> {
        let Some(root) = state.base.root() else {
            return Ok(Self::default());
        };
        let mut plan = Self {
            continues: begun.is_some(),
            ..Self::default()
        };
        if begun.is_none() {
            plan.roles = roles(root, old, wanted);
            for role in &plan.roles {
                role.check()?;
            }
            if !plan.roles.is_empty() {
                check_root_signers(root, old, hands)?;
            }
        }
        let next = begun.map_or(root, |begun| &begun.root);
        let signers = Signers {
            state,
            old,
            hands,
            wanted: &wanted.signers,
            signs_targets: plan.signs_targets(next, hands),
        };
        signers.replace(&mut plan, now)?;
        Ok(plan)
    }

    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.changes.is_empty() && !self.continues
    }

    /// Whether the keys at the agents will sign the top-level targets.
    fn signs_targets(&self, root: &Root, hands: &Hands<'_>) -> bool {
        let (kept, new, threshold) = match self.role(RoleType::Targets) {
            Some(role) => (role.kept.clone(), role.count_new(), role.threshold),
            None => {
                let role = &root.roles.targets;
                let keys = role.keyids.iter().filter_map(|id| root.keys.get(id));
                (keys.cloned().collect(), 0, role.threshold)
            }
        };
        held(&kept, hands) + new >= threshold as usize
    }

    /// What is planned for a role of the root.
    #[must_use]
    pub fn role(&self, role: RoleType) -> Option<&RolePlan> {
        self.roles.iter().find(|plan| plan.role == role)
    }
}

impl RolePlan {
    fn count_new(&self) -> usize {
        match &self.new {
            NewKeys::Held(hands) => {
                let prints: BTreeSet<_> = hands.iter().map(|it| it.key.fingerprint()).collect();
                prints.len()
            }
            NewKeys::Made | NewKeys::Server => 1,
        }
    }

    fn check(&self) -> Result<(), AdoptError> {
        let keys = self.kept.len() + self.count_new();
        match keys >= self.threshold as usize {
            true => Ok(()),
            false => Err(AdoptError::TooFew {
                role: self.role.to_string(),
                threshold: self.threshold,
                keys,
            }),
        }
    }
}

/// The roles of a root that have keys in files. The timestamp is always the server's.
fn roles(root: &Root, old: &OldKeys, wanted: &Wanted) -> Vec<RolePlan> {
    let mut plans = Vec::new();
    for role in [RoleType::Root, RoleType::Targets, RoleType::Snapshot] {
        let keys = root.roles.get(role);
        let (mut filed, mut kept) = (Vec::new(), Vec::new());
        for key in keys.keyids.iter().filter_map(|id| root.keys.get(id)) {
            match old.of(key) {
                Some(old) => filed.push((old.keyid.clone(), old.path())),
                None => kept.push(key.clone()),
            }
        }
        if filed.is_empty() {
            continue;
        }
        let new = match (role, &wanted.snapshot) {
            (RoleType::Root, _) => NewKeys::Held(wanted.root.clone()),
            (RoleType::Snapshot, None) => NewKeys::Server,
            (RoleType::Snapshot, Some(hands)) => NewKeys::Held(hands.clone()),
            _ if wanted.targets.is_empty() => NewKeys::Made,
            _ => NewKeys::Held(wanted.targets.clone()),
        };
        plans.push(RolePlan {
            role,
            old: filed,
            kept,
            new,
            threshold: keys.threshold,
        });
    }
    plans
}

/// Whether files and agents together have enough of a root's own keys to sign the next root.
fn check_root_signers(root: &Root, old: &OldKeys, hands: &Hands<'_>) -> Result<(), AdoptError> {
    let role = &root.roles.root;
    let keys = role.keyids.iter().filter_map(|id| root.keys.get(id));
    let is_here = |key: &&Key| old.of(key).is_some() || held(std::slice::from_ref(*key), hands) > 0;
    let (here, missing): (Vec<&Key>, Vec<&Key>) = keys.partition(is_here);
    let here: BTreeSet<_> = here.into_iter().map(Key::fingerprint).collect();
    if here.len() >= role.threshold as usize {
        return Ok(());
    }
    let missing = missing.into_iter().filter_map(Key::canonical_keyid);
    let missing: Vec<String> = missing.map(|keyid| keyid.to_string()).collect();
    Err(AdoptError::RootElsewhere {
        root: root.header.version,
        next: root.header.version.saturating_add(1),
        threshold: role.threshold,
        found: here.len(),
        missing: missing.join(", "),
    })
}

/// How many of these keys are at the agents, ready.
fn held(keys: &[Key], hands: &Hands<'_>) -> usize {
    let prints: BTreeSet<_> = keys.iter().map(Key::fingerprint).collect();
    let is_held = |print| {
        let mut hands = hands.keys().iter();
        hands.any(|hand| hand.held.key.usable && hand.key.fingerprint() == print)
    };
    prints.into_iter().filter(|print| is_held(*print)).count()
}
