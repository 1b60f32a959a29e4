//! Other keys for a role that the root names.

use privyseal_tuf::{Key, RoleType, Root};

use super::hands::{Hand, Hands};
use super::init::{Choice, NewRepository, own_keys, read_server_key, root_keys};
use super::publish::{Publisher, RoleKeysChange, State};
use super::server::ServerRole;
use crate::agent::KeyRef;
use crate::failure::Advice;

/// Which keys a role is to have.
#[derive(Clone, Debug)]
pub enum NewKeys {
    /// A new one of the server's.
    Server,
    /// Those of agents.
    Own(Choice),
    /// Of the root: these, AGENT:KEY or KEY; where none is named, those that it has, with new
    /// certificates.
    Root {
        /// The keys.
        named: Vec<KeyRef>,
        /// Certificates, PEM, of keys whose agents need not be here.
        certificates: Vec<String>,
        /// Whether one token is enough.
        single: bool,
    },
}

impl Publisher<'_> {
    /// Chooses the new keys of a role, and has them and their certificates made.
    ///
    /// # Errors
    /// Where keys are missing or may not be of that role.
    pub async fn rotated(
        &self,
        state: &State,
        role: RoleType,
        new: &NewKeys,
        threshold: Option<u32>,
        hands: &mut Hands<'_>,
    ) -> anyhow::Result<(RoleKeysChange, Vec<String>)> {
        let mut notes = Vec::new();
        let keys = match (role, new) {
            (RoleType::Root, NewKeys::Root { .. }) => {
                self.root_keys(state, new, hands, &mut notes).await?
            }
            (RoleType::Targets | RoleType::Snapshot, NewKeys::Own(choice)) => {
                own_keys(self.gun(), role.as_str(), choice, hands, &mut notes).await?
            }
            (RoleType::Snapshot, NewKeys::Server) => {
                vec![self.server_key(ServerRole::Snapshot).await?]
            }
            (RoleType::Timestamp, NewKeys::Server) => {
                vec![self.server_key(ServerRole::Timestamp).await?]
            }
            (RoleType::Timestamp, _) => {
                return Err(Advice::failed(
                    "only the trust server signs the timestamp",
                    "give --server-managed: it makes a new key",
                )
                .into());
            }
            (role, _) => {
                return Err(Advice::failed(
                    format!("the trust server does not sign {role}"),
                    "leave out --server-managed",
                )
                .into());
            }
        };
        hands.prove().await?;
        let before = state.base.root().map(|root| root.roles.get(role).threshold);
        let change = RoleKeysChange {
            role,
            threshold: threshold.or(before).unwrap_or(1),
            keys,
        };
        Ok((change, notes))
    }

    async fn server_key(&self, role: ServerRole) -> anyhow::Result<Key> {
        let key = self.server.rotate_key(self.gun(), role).await;
        let key = key.map_err(Advice::from)?;
        Ok(read_server_key(self.server, role, &key).map_err(Advice::from)?)
    }

    /// Certificates of the new root keys. One that stays, and is named, keeps its own.
    async fn root_keys(
        &self,
        state: &State,
        new: &NewKeys,
        hands: &mut Hands<'_>,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Vec<Key>> {
        let NewKeys::Root {
            named,
            certificates,
            single,
        } = new
        else {
            return Ok(Vec::new());
        };
        let renew = named.is_empty() && certificates.is_empty();
        let present = state.base.root().map(present).unwrap_or_default();
        let mut named = named.clone();
        if renew {
            let held = hands.keys().iter();
            let stays = |hand: &&Hand| {
                let print = hand.key.fingerprint();
                present.iter().any(|key| key.fingerprint() == print)
            };
            named = held.filter(stays).map(reference).collect();
            if named.len() < present.len() {
                return Err(Advice::failed(
                    "not every root key is here, and those that are not named are taken out",
                    "bring the agents of all root keys back; or name the keys that the new root is to have (--key)",
                )
                .into());
            }
        }
        let chosen = root_keys(
            self.gun(),
            &NewRepository {
                root_keys: named,
                root_certificates: certificates.clone(),
                single_root: *single,
                ..NewRepository::default()
            },
            hands,
        )?;
        notes.extend(chosen.notes);
        let mut keys = chosen.certificates;
        for hand in chosen.hands {
            let print = hand.key.fingerprint();
            let known = present.iter().find(|key| key.fingerprint() == print);
            match known.filter(|key| !renew && self.is_good(key)) {
                Some(known) => keys.push(known.clone()),
                None => keys.push(hands.certify(&hand, self.gun().as_str(), 0).await?),
            }
        }
        Ok(keys)
    }

    fn is_good(&self, key: &Key) -> bool {
        key.certificate().is_some_and(|certificate| {
            certificate.names(self.gun().as_str()) && certificate.not_after > self.now
        })
    }
}

/// The root keys of a root.
fn present(root: &Root) -> Vec<Key> {
    let keyids = root.roles.root.keyids.iter();
    let keys = keyids.filter_map(|keyid| root.keys.get(keyid));
    keys.cloned().collect()
}

fn reference(hand: &Hand) -> KeyRef {
    KeyRef {
        agent: Some(hand.held.agent.clone()),
        name: hand.held.key.name.clone(),
    }
}
