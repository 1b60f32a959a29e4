//! May this caller have this certificate for this key?

use std::sync::Arc;

use privyseal_tuf::RoleType;

use super::CertificateRequest;
use crate::{
    caller::Caller,
    config::TrustRole,
    corridor::{House, authorized, known, rules},
    denial::{Denial, Reason},
    grant::{TrustUse, Use},
    keystore::Keystore,
    memory::EnrolledKey,
    operate::operator,
};

/// The key, and where it is.
///
/// A root key's certificate is good for the repository in its name, so whoever has it must be allowed
/// to sign that one's root with that key; one that is good for many is an operator's alone.
pub(super) fn authorized(
    house: &House,
    caller: &Caller,
    request: &CertificateRequest,
) -> Result<(Arc<EnrolledKey>, Arc<dyn Keystore>), Denial> {
    known(caller, &house.config)?;
    let grants = &house.config.grants;
    let key = house.ledger.memory().key(&request.key);
    let key = key.filter(|key| key.is_seen_by(caller, grants));
    let key = key.ok_or_else(|| {
        let message = format!("no key is enrolled as {}", request.key);
        Denial::new(Reason::UnknownKey, message)
    })?;
    match key.purpose.trust() {
        Some(TrustRole::Root) => {
            root(house, caller, &key, &request.common_name)?;
            let role = RoleType::Root.into();
            rules::is_attested(&key, &role, house.ledger.memory(), &house.config)?;
        }
        Some(TrustRole::Delegation) => delegation(house, caller, &key)?,
        _ => {
            let message = format!(
                "key {} is for {} {}, and only root and delegation keys of Docker Content Trust \
                 have certificates",
                key.bound.name,
                key.purpose,
                key.purpose.role()
            );
            return Err(Denial::new(Reason::KeyOfOtherRole, message));
        }
    }
    authorized::still_shared(&key, house)?;
    let holder = authorized::holder(&key, house)?;
    let keystore = Arc::clone(&holder.keystore);
    Ok((key, keystore))
}

fn root(house: &House, caller: &Caller, key: &EnrolledKey, name: &str) -> Result<(), Denial> {
    let other = || {
        let message = format!(
            "key {} is for {} in {}, and the certificate would be for {}",
            key.bound.name,
            key.repository.escape_debug(),
            key.authority,
            name.escape_debug()
        );
        let remedy = "give the repository's name (GUN) as the common name, or generate a key that \
                      serves it";
        Denial::new(Reason::KeyOfOtherLineage, message).with_remedy(remedy)
    };
    if let Some(prefix) = name.strip_suffix('*') {
        operator(caller, &house.config)?;
        let whole = prefix.is_empty() || prefix.ends_with('/');
        return match whole && key.serves_all_below(prefix) {
            true => Ok(()),
            false => Err(other()),
        };
    }
    let wanted = Use {
        authority: &key.authority,
        repository: name,
        role: &RoleType::Root.into(),
        key: key.bound.name.as_str(),
    };
    if house.config.grants.allow(caller, wanted).is_none() {
        let message = format!(
            "{} has no grant to sign root of {} in {} with {}",
            caller.name(),
            name.escape_debug(),
            key.authority,
            key.bound.name
        );
        return Err(Denial::new(Reason::NoGrant, message));
    }
    match key.serves(name) {
        true => Ok(()),
        false => Err(other()),
    }
}

/// Its name says nothing: roots and delegations name the key.
fn delegation(house: &House, caller: &Caller, key: &EnrolledKey) -> Result<(), Denial> {
    let wanted = TrustUse {
        authority: &key.authority,
        repository: (!key.is_shared()).then_some(key.repository.as_str()),
        role: TrustRole::Delegation,
        key: key.bound.name.as_str(),
    };
    if house.config.grants.may_use_trust_key(caller, wanted) {
        return Ok(());
    }
    let message = format!(
        "{} has no grant to sign delegations of {} in {} with {}",
        caller.name(),
        key.repository.escape_debug(),
        key.authority,
        key.bound.name
    );
    Err(Denial::new(Reason::NoGrant, message))
}
