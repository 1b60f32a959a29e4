//! Authorized: a grant covers this caller, key, role and repository, and the key is theirs to use.

use std::sync::Arc;

use super::{House, Received, received::Named};
use crate::{
    denial::{Denial, Reason},
    grant::{Granted, Use},
    keystore::{BoundKey, Keystore},
    keystores::Holder,
    memory::EnrolledKey,
};
use privyseal_tuf::{Dialect, Role, RoleType};

/// A request that a grant covers.
pub struct Authorized {
    pub(super) request: Received,
    pub(super) granted: Granted,
    /// The same for the top-level targets, where the request is for a delegated role.
    pub(super) granted_targets: Option<Granted>,
    pub(super) key: Arc<EnrolledKey>,
    pub(super) keystore: Arc<dyn Keystore>,
}

impl Authorized {
    /// Is the document so large that reading it takes a while?
    pub(super) fn is_large(&self) -> bool {
        self.request.document.len() > super::LARGE
    }

    /// Does holding it against the memory take a while? A key of many repositories is looked for in
    /// all of them.
    pub(super) fn takes_a_while(&self) -> bool {
        self.is_large() || self.key.is_shared()
    }

    /// Finds the grant and the key.
    ///
    /// # Errors
    /// Without a grant the answer is the same whether or not the key exists.
    pub fn new(request: Received, house: &House) -> Result<Self, Denial> {
        let wanted = Use {
            authority: &request.lineage.authority,
            repository: &request.lineage.repository,
            role: &request.role,
            key: request.key.as_str(),
        };
        let grants = &house.config.grants;
        let granted = grants.allow(&request.caller, wanted).ok_or_else(|| {
            let message = format!(
                "{} has no grant to sign {} of {} in {} with {}",
                request.caller.name(),
                Named(wanted.role),
                wanted.repository.escape_debug(),
                wanted.authority.escape_debug(),
                wanted.key
            );
            Denial::new(Reason::NoGrant, message)
        })?;
        let targets = Use {
            role: &Role::TARGETS,
            ..wanted
        };
        let granted_targets = request
            .role
            .delegated()
            .and_then(|_| grants.allow(&request.caller, targets));
        let known = house.ledger.memory().key(&request.key);
        // A key of a repository that the caller knows nothing of is no key to them.
        let known = known.filter(|key| key.is_seen_by(&request.caller, grants));
        let key = known.ok_or_else(|| {
            Denial::new(
                Reason::UnknownKey,
                format!("no key is enrolled as {}", request.key),
            )
        })?;
        fits(&key, &request, house)?;
        let holder = holder(&key, house)?;
        if request.role == RoleType::Root.into() && !holder.holds_root_keys {
            let message = format!("keystore {} may hold no root keys", key.bound.keystore);
            return Err(Denial::new(Reason::KeystoreNotForRoot, message));
        }
        Ok(Self {
            keystore: Arc::clone(&holder.keystore),
            request,
            granted,
            granted_targets,
            key,
        })
    }
}

/// Where a key is.
pub(super) fn holder<'a>(key: &EnrolledKey, house: &'a House) -> Result<&'a Holder, Denial> {
    let BoundKey { name, keystore, .. } = key.bound.as_ref();
    house.keystores.of(keystore).ok_or_else(|| {
        let message =
            format!("key {name} is in keystore {keystore}, which the config no longer has");
        Denial::new(Reason::UnknownKeystore, message)
    })
}

/// Is a key of Docker Content Trust for this role and repository? Of other keys the lineage says it.
fn fits(key: &EnrolledKey, request: &Received, house: &House) -> Result<(), Denial> {
    let name = &key.bound.name;
    let authority = house.config.authorities.get(&request.lineage.authority);
    let dialect = authority.map(|authority| authority.dialect);
    let is_trust = key.purpose.trust().is_some();
    // The config may say another dialect than when the key was enrolled.
    if let Some(dialect) = dialect.filter(|dialect| is_trust != (*dialect == Dialect::Notary)) {
        let message = format!(
            "key {name} is a {} key, and {} has documents of dialect {dialect}",
            key.purpose,
            request.lineage.authority.escape_debug()
        );
        return Err(Denial::new(Reason::KeyOfOtherLineage, message));
    }
    let Some(role) = key.purpose.trust() else {
        return Ok(());
    };
    if !role.signs(&request.role) {
        let message = format!(
            "key {name} is for {role} documents, and this is {}",
            Named(&request.role)
        );
        return Err(Denial::new(Reason::KeyOfOtherRole, message));
    }
    let repository = &request.lineage.repository;
    if key.authority != request.lineage.authority || !key.serves(repository) {
        let message = format!(
            "key {name} is for {} in {}, and this is {} in {}",
            key.repository.escape_debug(),
            key.authority,
            repository.escape_debug(),
            request.lineage.authority.escape_debug()
        );
        return Err(Denial::new(Reason::KeyOfOtherLineage, message));
    }
    still_shared(key, house)
}

/// Does the config let a key serve many repositories, where it was enrolled for many?
pub(super) fn still_shared(key: &EnrolledKey, house: &House) -> Result<(), Denial> {
    let name = &key.bound.name;
    let authority = house.config.authorities.get(&key.authority);
    if key.is_shared() && !authority.is_some_and(|authority| authority.shares(name.as_str())) {
        let message = format!(
            "key {name} was enrolled for {}, and shared_keys of {} no longer has its name",
            key.repository.escape_debug(),
            key.authority
        );
        return Err(Denial::new(Reason::KeyNotShared, message));
    }
    Ok(())
}
