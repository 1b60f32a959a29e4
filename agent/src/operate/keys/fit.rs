//! Does a key fit who asks for it, its authority, its keystore and its purpose?

mod gun;

use privyseal_tuf::{Algorithm, Dialect};

use super::{KeyRequest, Origin};
use crate::{
    caller::Caller,
    config::{Authority, TrustRole},
    corridor::{House, unknown_authority},
    denial::{Denial, Reason},
    grant::{NameGlob, TrustUse},
    keystore::KeystoreName,
    keystores::Holder,
    memory::{Purpose, is_glob},
    operate::operator,
};

/// As many keys of one role a repository may have before callers who are no operators get no more.
const KEYS: usize = 8;

/// May the caller have it? Operators may; a grant with generate_in lets others have keys of targets
/// and snapshot made, which stand nowhere in particular and for which nobody opens a device.
pub(super) fn may(house: &House, caller: &Caller, request: &KeyRequest) -> Result<(), Denial> {
    let generates = match &request.origin {
        Origin::Generate { place, access, .. } => place.is_anywhere() && access.is_empty(),
        Origin::Existing(_) | Origin::Import(_) => false,
    };
    let granted = request.purpose.trust().is_some_and(|role| {
        let wanted = TrustUse {
            authority: &request.authority,
            repository: Some(request.repository.as_str()).filter(|name| !is_glob(name)),
            role,
            key: request.name.as_str(),
        };
        let grants = &house.config.grants;
        grants.may_generate(caller, wanted, &request.keystore)
    });
    if !generates || !granted {
        return operator(caller, &house.config);
    }
    // Of names that a grant covers there is no end; those of repositories are at least written in
    // one way. An operator may have others: notary took nearly any.
    if house.config.grants.is_operator(caller) || gun::is_gun(&request.repository) {
        return Ok(());
    }
    Err(malformed(format!(
        "repository: {} is no name of an image repository (HOST/NAME, NAME in lower case)",
        request.repository.escape_debug()
    )))
}

/// Do authority, repository and purpose fit each other?
pub(super) fn belongs(house: &House, request: &KeyRequest) -> Result<(), Denial> {
    let authority = house.config.authorities.get(&request.authority);
    let authority = authority.ok_or_else(|| unknown_authority(&request.authority))?;
    match (authority.dialect, request.purpose) {
        (Dialect::Spec, Purpose::Tuf) => Ok(()),
        (Dialect::Notary, Purpose::Trust(role)) => belongs_to_images(authority, role, request),
        (Dialect::Spec, _) => Err(malformed(format!(
            "purpose: keys of authority {} are for `tuf`; for Docker Content Trust take one with \
             dialect = \"notary\"",
            authority.name
        ))),
        (Dialect::Notary, _) => Err(malformed(format!(
            "purpose: authority {} is of Docker Content Trust, and its keys are for `trust`",
            authority.name
        ))),
    }
}

fn belongs_to_images(
    authority: &Authority,
    role: TrustRole,
    request: &KeyRequest,
) -> Result<(), Denial> {
    if request.first_root.is_some() {
        return Err(malformed("first_root: a trust key has none".to_owned()));
    }
    if !is_glob(&request.repository) {
        return Ok(());
    }
    let glob = NameGlob::try_from(request.repository.clone());
    glob.map_err(|error| malformed(format!("repository: no glob: {}", error.kind())))?;
    let name = &request.name;
    if role.may_be_shared() && authority.shares(name.as_str()) {
        return Ok(());
    }
    let message = format!(
        "{role} key {name} can't serve all of {}: shared_keys of {} does not allow it",
        request.repository.escape_debug(),
        authority.name
    );
    Err(Denial::new(Reason::KeyNotShared, message))
}

/// May it be in this keystore?
pub(super) fn keystore(holder: &Holder, request: &KeyRequest) -> Result<(), Denial> {
    let is_root = request.purpose == Purpose::Trust(TrustRole::Root);
    if is_root && !holder.holds_root_keys {
        let message = format!("keystore {} may hold no root keys", request.keystore);
        return Err(Denial::new(Reason::KeystoreNotForRoot, message));
    }
    if matches!(request.origin, Origin::Import(_)) && !holder.allow_import {
        let message = format!(
            "keystore {} takes no keys that were made elsewhere",
            request.keystore
        );
        return Err(Denial::new(Reason::ImportNotAllowed, message));
    }
    Ok(())
}

/// Is there room for another key that somebody else than an operator has made?
pub(super) fn has_room(
    house: &House,
    caller: &Caller,
    purpose: Purpose,
    keystore: &KeystoreName,
    (authority, repository): (&str, &str),
) -> Result<(), Denial> {
    if house.config.grants.is_operator(caller) {
        return Ok(());
    }
    let keys = house.ledger.memory().keys();
    let same = keys.iter().filter(|key| {
        key.purpose == purpose && key.authority == authority && key.repository == repository
    });
    let there = same.count();
    if there >= KEYS {
        let message = format!(
            "{} has {there} keys of {} already, and only an operator has more than {KEYS} made",
            repository.escape_debug(),
            purpose.role()
        );
        return Err(Denial::new(Reason::KeysFull, message));
    }
    let unused = house.ledger.memory().unused_trust_keys(keystore);
    let most = house.config.limits.unused_keys;
    if u32::try_from(unused).is_ok_and(|unused| unused < most.get()) {
        return Ok(());
    }
    let message = format!(
        "{unused} keys of images in keystore {keystore} have signed nothing yet, and only an operator \
         has more than {most} such keys made"
    );
    let remedy = "an operator of the agent removes keys that nobody uses with `privyseal trust key \
                  remove NAME`, or raises unused_keys in its [limits]";
    Err(Denial::new(Reason::KeysFull, message).with_remedy(remedy))
}

/// Does anybody who reads the metadata of this purpose take such a key?
pub(super) fn supported(purpose: Purpose, algorithm: Algorithm) -> Result<(), Denial> {
    let message = match (purpose, algorithm) {
        (Purpose::Trust(TrustRole::Root), Algorithm::Ed25519) => {
            "a root of Docker Content Trust is a certificate, and notary takes none of an Ed25519 \
             key"
        }
        (Purpose::Tuf, Algorithm::EcdsaP384) => {
            "keys of ecdsa-p384 are for Docker Content Trust alone: no TUF client verifies P-384 \
             with SHA-256"
        }
        _ => return Ok(()),
    };
    let remedy = "use ECDSA P-256 or RSA-PSS";
    Err(Denial::new(Reason::KeyUnsupported, message).with_remedy(remedy))
}

fn malformed(message: String) -> Denial {
    Denial::new(Reason::RequestMalformed, message)
}
