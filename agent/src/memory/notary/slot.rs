use privyseal_tuf::Algorithm;

use crate::{
    config::NotaryRole,
    memory::{EnrolledKey, Purpose},
};

/// Where a notary key waits for its first use. There is one key a slot, so that whoever asks for
/// keys and never uses them gets the same again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The authority.
    pub authority: String,
    /// The repository.
    pub repository: String,
    /// The role.
    pub role: NotaryRole,
    /// What the key signs with.
    pub algorithm: Algorithm,
}

impl Slot {
    /// Where a key waits; `None` where it is no notary key.
    #[must_use]
    pub fn of(key: &EnrolledKey) -> Option<Self> {
        let Purpose::Notary(role) = key.purpose else {
            return None;
        };
        Some(Self {
            authority: key.authority.clone(),
            repository: key.repository.clone(),
            role,
            algorithm: key.bound.public_key.algorithm(),
        })
    }

    pub(super) fn of_repository(&self) -> (String, String) {
        (self.authority.clone(), self.repository.clone())
    }
}
