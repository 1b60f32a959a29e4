//! What is done besides signing: operators enrol keys and repositories, supersede drafts, remove
//! keys; a notary-server has keys made.

mod attest;
mod device;
mod keys;
mod notary_key;
mod remove;
mod repository;
mod restored;
mod supersede;

pub use self::{
    attest::attested_key,
    device::{DeviceChange, change_device, piv_keystore},
    keys::{KeyRequest, Origin, enrol_key},
    notary_key::{NotaryKeyRequest, notary_key},
    remove::{delete_unused, remove_key},
    repository::{Documents, enrol_repository},
    restored::{Restored, accept_restored},
    supersede::{Supersede, supersede},
};
use crate::{
    caller::Caller,
    config::Config,
    corridor::known,
    denial::{Denial, Reason},
};

/// Is the caller an operator?
///
/// # Errors
/// A stranger is told the same as everywhere else: no grant.
pub fn operator(caller: &Caller, config: &Config) -> Result<(), Denial> {
    if config.grants.is_operator(caller) {
        return Ok(());
    }
    known(caller, config)?;
    let message = format!("{} is no operator of this agent", caller.name());
    Err(Denial::new(Reason::OperatorOnly, message))
}
