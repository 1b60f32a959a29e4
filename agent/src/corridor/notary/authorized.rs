//! Authorized: the key exists and is this notary-server's to use.

use std::sync::Arc;

use privyseal_tuf::KeyId;

use super::Received;
use crate::{
    caller::Caller,
    config::{NotaryRole, NotarySection, Period},
    corridor::{House, LARGE},
    denial::{Denial, Reason},
    keystore::Keystore,
    memory::EnrolledKey,
};

/// A request that a `[[notary]]` covers.
pub struct Authorized {
    pub(super) caller: Arc<Caller>,
    pub(super) key: Arc<EnrolledKey>,
    pub(super) role: NotaryRole,
    /// How far away its documents may expire.
    pub(super) max_expiry: Period,
    pub(super) keystore: Arc<dyn Keystore>,
    pub(super) content: Vec<u8>,
}

impl Authorized {
    /// Is the content so large that reading it takes a while?
    pub(super) fn is_large(&self) -> bool {
        self.content.len() > LARGE
    }

    /// Finds the key.
    ///
    /// # Errors
    /// For a key of somebody else the answer is the same as for one that does not exist.
    pub fn new(request: Received, house: &House) -> Result<Self, Denial> {
        let Received {
            caller,
            key,
            content,
        } = request;
        let (key, role, section) = authorized_key(&caller, &key, house)?;
        let max_expiry = section.max_expiry(role);
        let holder = house.keystores.of(&key.bound.keystore).ok_or_else(|| {
            let message = format!(
                "key {} is in keystore {}, which the config no longer has",
                key.bound.name, key.bound.keystore
            );
            Denial::new(Reason::UnknownKeystore, message)
        })?;
        Ok(Self {
            keystore: Arc::clone(&holder.keystore),
            caller,
            key,
            role,
            max_expiry,
            content,
        })
    }
}

/// The notary key with this id, its role, and the `[[notary]]` by which it is the caller's.
///
/// # Errors
/// For a key of somebody else the answer is the same as for one that does not exist.
pub(crate) fn authorized_key<'a>(
    caller: &Caller,
    id: &KeyId,
    house: &'a House,
) -> Result<(Arc<EnrolledKey>, NotaryRole, &'a NotarySection), Denial> {
    let found = house.ledger.memory().notary_key(id).and_then(|key| {
        let role = key.purpose.notary()?;
        let mut sections = house.config.grants.notaries(caller, &key.repository);
        let section =
            sections.find(|section| section.authority == key.authority && section.allows(role))?;
        drop(sections);
        Some((key, role, section))
    });
    found.ok_or_else(|| unknown(caller, id))
}

/// No such key, or none of the caller's.
pub(super) fn unknown(caller: &Caller, id: &KeyId) -> Denial {
    let shown: String = id.as_str().chars().take(64).collect();
    let message = format!("{} has no key {}", caller.name(), shown.escape_debug());
    let remedy = "rotate the key (`notary key rotate GUN ROLE -r`) where the agent no longer has \
                  it, or ask its operator for a [[notary]] that covers repository and role";
    Denial::new(Reason::UnknownKey, message).with_remedy(remedy)
}

/// No `[[notary]]` of the caller covers this.
pub(crate) fn uncovered(caller: &Caller, repository: &str, role: &str) -> Denial {
    let message = format!(
        "no [[notary]] lets {} have {role} keys of {}",
        caller.name(),
        repository.escape_debug()
    );
    let remedy =
        "ask the agent's operator for a [[notary]] that covers caller, repository and role";
    Denial::new(Reason::NoGrant, message).with_remedy(remedy)
}
