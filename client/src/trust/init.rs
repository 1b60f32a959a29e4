//! The first root of a repository: which keys it names.

mod keys;
mod root_keys;
mod server_key;

use std::collections::BTreeMap;

use privyseal_tuf::{Key, RoleType};

use super::hands::Hands;
use super::publish::{Publisher, RoleKeysChange};
use super::server::ServerRole;
use crate::agent::KeyRef;
use crate::failure::Advice;

pub use keys::{Choice, own_keys};
pub use root_keys::{RootKeys, root_keys};
pub(super) use server_key::read_server_key;
pub use server_key::server_key;

/// What a new repository is to be like.
#[derive(Clone, Debug, Default)]
pub struct NewRepository {
    /// The root keys; where none is named, all that the agents have for it.
    pub root_keys: Vec<KeyRef>,
    /// Root certificates, PEM, of keys whose agents need not be here.
    pub root_certificates: Vec<String>,
    /// Whether one root key, or root keys of one token, are enough.
    pub single_root: bool,
    /// The targets keys; where none is named, those that the agents have for it alone, or a new one.
    pub targets: Choice,
    /// The snapshot keys; none is the server's.
    pub snapshot: Option<Choice>,
    /// How many must sign, where that is not one.
    pub thresholds: BTreeMap<RoleType, u32>,
}

/// What the first root will name.
#[derive(Clone, Debug)]
pub struct FirstRoot {
    /// The keys of each role.
    pub roles: Vec<RoleKeysChange>,
    /// What was made for it, and what of it a person should know.
    pub notes: Vec<String>,
}

impl Publisher<'_> {
    /// Chooses the keys of a new repository, has certificates and what is missing made, and asks the
    /// server for its own.
    ///
    /// # Errors
    /// Where keys are missing, or nobody makes them.
    pub async fn first_root(
        &self,
        new: &NewRepository,
        hands: &mut Hands<'_>,
    ) -> anyhow::Result<FirstRoot> {
        let gun = self.gun();
        // Before anything is made.
        let timestamp = server_key(self.server, gun, ServerRole::Timestamp).await?;
        let root = root_keys(gun, new, hands)?;
        let mut notes = root.notes.clone();
        let targets = own_keys(gun, "targets", &new.targets, hands, &mut notes).await?;
        let snapshot = match &new.snapshot {
            Some(choice) => own_keys(gun, "snapshot", choice, hands, &mut notes).await?,
            None => vec![server_key(self.server, gun, ServerRole::Snapshot).await?],
        };
        let mut certificates = root.certificates;
        for hand in root.hands {
            certificates.push(hands.certify(&hand, gun.as_str(), 0).await?);
        }
        hands.prove().await?;
        let role = |role: RoleType, keys: Vec<Key>| RoleKeysChange {
            threshold: new.thresholds.get(&role).copied().unwrap_or(1),
            role,
            keys,
        };
        if new.thresholds.contains_key(&RoleType::Timestamp) {
            return Err(Advice::failed(
                "the server signs the timestamp, with one key",
                "leave out --threshold timestamp=…",
            )
            .into());
        }
        Ok(FirstRoot {
            roles: vec![
                role(RoleType::Root, certificates),
                role(RoleType::Targets, targets),
                role(RoleType::Snapshot, snapshot),
                role(RoleType::Timestamp, vec![timestamp]),
            ],
            notes,
        })
    }
}
