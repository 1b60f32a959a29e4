use std::collections::BTreeMap;

use clap::Args;
use privyseal_tuf::{Key, RoleType};

use super::{Choice, Hands, KeyRef, OldKeys, State};
use crate::failure::Advice;
use crate::trust::adopt::Wanted;
use crate::trust::hands::Hand;
use crate::trust::init::{NewRepository, root_keys};

/// Which keys of the agents take the places of those in files.
#[derive(Args, Debug)]
pub(super) struct ChoiceArgs {
    /// A new root key, AGENT:KEY or KEY; twice, on different tokens. Without it: all that the agents
    /// have for the repository.
    #[arg(long, value_name = "KEY")]
    root_key: Vec<KeyRef>,
    /// One token with a root key is enough. Where it is lost, the repository is.
    #[arg(long)]
    single_root: bool,
    /// A new targets key. Without it: those that the agents have for the repository, else one that
    /// an agent makes.
    #[arg(long, value_name = "KEY")]
    targets_key: Vec<KeyRef>,
    /// A new snapshot key, in the place of one that is a file. Without it the server signs snapshots.
    #[arg(long, value_name = "KEY")]
    snapshot_key: Vec<KeyRef>,
    /// The new key of a signer, where it is not the delegation key of the signer's name.
    #[arg(long, value_name = "NAME=KEY", value_parser = signer)]
    signer: Vec<(String, KeyRef)>,
    /// Where a targets key is made: AGENT:KEYSTORE or KEYSTORE. Without it: where a grant allows it.
    #[arg(long, value_name = "KEYSTORE")]
    generate_in: Option<KeyRef>,
}

fn signer(text: &str) -> Result<(String, KeyRef), String> {
    let (name, key) = text
        .split_once('=')
        .ok_or("write NAME=KEY, such as alice=desk:alice")?;
    let key = key.parse::<KeyRef>().map_err(|error| error.to_string())?;
    let name = name.strip_prefix("targets/").unwrap_or(name);
    Ok((name.to_owned(), key))
}

impl ChoiceArgs {
    /// The keys, as far as the repository has such in files.
    pub(super) fn choose(
        &self,
        state: &State,
        old: &OldKeys,
        is_begun: bool,
        hands: &Hands<'_>,
    ) -> anyhow::Result<Wanted> {
        let root = state.base.root();
        let has_old = |role: RoleType| {
            let keys = root.map(|root| (root, root.roles.get(role).keyids.iter()));
            keys.is_some_and(|(root, mut keyids)| {
                keyids.any(|id| root.keys.get(id).is_some_and(|key| old.of(key).is_some()))
            })
        };
        // A root that was begun says whose keys it names.
        let wants = |role| !is_begun && has_old(role);
        let mut wanted = Wanted::default();
        if wants(RoleType::Root) {
            wanted.root = self.root(state, old, hands)?;
        }
        if wants(RoleType::Targets) {
            let role = "targets";
            wanted.targets = match self.targets_key.as_slice() {
                [] => usable(hands.for_role(&state.known.gun, role), old),
                named => named_for(named, role, hands)?,
            };
        }
        if wants(RoleType::Snapshot) && !self.snapshot_key.is_empty() {
            wanted.snapshot = Some(named_for(&self.snapshot_key, "snapshot", hands)?);
        }
        wanted.signers = self.signers(hands)?;
        Ok(wanted)
    }

    /// How a targets key is made where there is none.
    pub(super) fn new_targets(&self) -> Choice {
        Choice {
            keystore: self.generate_in.clone(),
            fresh: true,
            ..Choice::default()
        }
    }

    fn root(&self, state: &State, old: &OldKeys, hands: &Hands<'_>) -> anyhow::Result<Vec<Hand>> {
        let gun = &state.known.gun;
        let mut named = self.root_key.clone();
        if named.is_empty() {
            let usable = usable(hands.for_role(gun, "root"), old);
            named = usable.iter().map(key_ref).collect();
        }
        let new = NewRepository {
            root_keys: named,
            single_root: self.single_root,
            ..NewRepository::default()
        };
        Ok(root_keys(gun, &new, hands)?.hands)
    }

    fn signers(&self, hands: &Hands<'_>) -> anyhow::Result<BTreeMap<String, Hand>> {
        let mut signers = BTreeMap::new();
        for (name, key) in &self.signer {
            let found = named_for(std::slice::from_ref(key), "delegation", hands)?;
            signers.extend(found.into_iter().map(|hand| (name.clone(), hand)));
        }
        Ok(signers)
    }
}

fn named_for(named: &[KeyRef], role: &str, hands: &Hands<'_>) -> anyhow::Result<Vec<Hand>> {
    let mut found = Vec::new();
    for wanted in named {
        let hand = hands.named(wanted)?;
        if hand.held.key.role != role {
            let message = format!("{} is a {} key", hand.name(), hand.held.key.role);
            return Err(Advice::failed(message, format!("name a {role} key")).into());
        }
        found.push(hand.clone());
    }
    Ok(found)
}

/// Those that are ready, and were not imported from one of the files.
fn usable(hands: Vec<&Hand>, old: &OldKeys) -> Vec<Hand> {
    let is_new = |key: &Key| old.of(key).is_none();
    let usable = hands.into_iter();
    let usable = usable.filter(|hand| hand.held.key.usable && is_new(&hand.key));
    usable.cloned().collect()
}

fn key_ref(hand: &Hand) -> KeyRef {
    KeyRef {
        agent: Some(hand.held.agent.clone()),
        name: hand.held.key.name.clone(),
    }
}
