//! Where else a signature would hold. A document of notary's dialect names neither its repository
//! nor, if it is of targets, its role, and one key may serve many of both: whoever has a signature
//! for the one has it for the others.

use std::collections::BTreeSet;

use privyseal_tuf::{
    Dialect, Key, PublicKey, Role, RoleType, Root, Sha256Digest, View, notary::Certificate,
};
use tracing::warn;

use super::Named;
use crate::{
    corridor::{Authorized, Checked, House},
    denial::{Denial, Reason},
    grant::Use,
    memory::{Known, Lineage, LineageId, RootFacts},
};

/// Is the caller granted everything that the signature would hold for, as far as the agent knows?
///
/// What a repository lists that the key does not serve does not count: whoever writes its metadata
/// could stop the key's own repository by listing the key.
pub(in crate::corridor) fn is_granted(
    checked: &Checked,
    known: &Known,
    house: &House,
) -> Result<(), Denial> {
    let request = &checked.request;
    let (document, key) = (&checked.document, &request.key.bound);
    if let View::Root(root) = &document.view {
        certificates(root, checked, house)?;
    }
    let authorities = &house.config.authorities;
    let is_notary = |name: &str| {
        let authority = authorities.get(name);
        authority.is_some_and(|authority| authority.dialect == Dialect::Notary)
    };
    let served = |id: &LineageId| request.key.serves(&id.repository) && is_notary(&id.authority);
    for lineage in house.ledger.memory().lineages(served) {
        let id = lineage.id();
        let here = id == known.lineage();
        let roles = match &document.view {
            View::Root(root) if !here => roots(root, &lineage, request),
            View::Targets(_) => targets(&lineage, request),
            _ => Vec::new(),
        };
        for role in roles.iter().filter(|role| !here || **role != document.role) {
            let wanted = Use {
                authority: &id.authority,
                repository: &id.repository,
                role,
                key: key.name.as_str(),
            };
            let caller = &request.request.caller;
            let granted = house.config.grants.allow(caller, wanted);
            if granted.is_some_and(|granted| document.admitted(&granted).is_ok()) {
                continue;
            }
            // Of a repository that the caller may know nothing of, nothing is said.
            let place = if here {
                "here"
            } else {
                warn!(
                    key = %key.name,
                    caller = %caller.name(),
                    authority = %id.authority,
                    repository = %id.repository.escape_debug(),
                    role = %Named(role),
                    "a signature was refused: it would hold for this repository too"
                );
                "of another repository"
            };
            let message = format!(
                "key {} is a key of {} {place} too, where its signature would hold as well, and {} \
                 has no grant to sign that",
                key.name,
                Named(role),
                caller.name()
            );
            return Err(Denial::new(Reason::NoGrant, message));
        }
    }
    Ok(())
}

/// A certificate of the key names whoever trusts it, whether or not the agent knows them, and
/// anybody can make one: the key is public. So the caller must be granted the roots of all that the
/// certificates name, those that were there before among them; or be an operator.
fn certificates(root: &Root, checked: &Checked, house: &House) -> Result<(), Denial> {
    let request = &checked.request.request;
    let (caller, grants) = (&request.caller, &house.config.grants);
    let (here, key) = (&request.lineage.repository, &checked.request.key.bound);
    for certificate in certificates_of(root, &key.public_key) {
        let name = certificate.common_name.as_str();
        if name == here || grants.is_operator(caller) {
            continue;
        }
        let wanted = Use {
            authority: &request.lineage.authority,
            repository: name,
            role: &RoleType::Root.into(),
            key: key.name.as_str(),
        };
        let granted = match wide(name) {
            Some(beginning) => grants.allow_all(
                caller,
                Use {
                    repository: beginning,
                    ..wanted
                },
            ),
            None => grants.allow(caller, wanted).is_some(),
        };
        if !granted {
            let message = format!(
                "a certificate of key {} in this root has the common name {name:?}, and {} has no \
                 grant to sign root of all that it names",
                key.name,
                caller.name()
            );
            let remedy = "list a certificate whose common name is the repository's, or ask an \
                          operator of the agent to sign this root";
            return Err(Denial::new(Reason::NoGrant, message).with_remedy(remedy));
        }
    }
    Ok(())
}

/// The certificates of the root role that are of this key, or of one that can't be read.
fn certificates_of<'a>(
    root: &'a Root,
    key: &'a PublicKey,
) -> impl Iterator<Item = &'a Certificate> {
    let keys = root.roles.root.keyids.iter();
    let keys = keys.filter_map(|keyid| root.keys.get(keyid));
    let ours = keys.filter(move |listed| listed.public().ok().is_none_or(|listed| listed == key));
    ours.filter_map(Key::certificate)
}

/// What the names begin with that a wide common name stands for. notary asks for no `/` before the
/// `*`, and takes any number of them.
fn wide(common_name: &str) -> Option<&str> {
    let beginning = common_name.trim_end_matches('*');
    (beginning != common_name).then_some(beginning)
}

/// A root is another repository's too where that has the key and the certificates name both.
fn roots(root: &Root, lineage: &Lineage, request: &Authorized) -> Vec<Role> {
    let trusted = lineage.facts().trusted_root.clone();
    let public = &request.key.bound.public_key;
    let listed = trusted.is_some_and(|trusted| trusted.keyid_of(RoleType::Root, public).is_some());
    let repository = &lineage.id().repository;
    let names = |certificate: &Certificate| match wide(&certificate.common_name) {
        Some(beginning) => repository.starts_with(beginning),
        None => certificate.common_name == *repository,
    };
    if listed && certificates_of(root, public).any(names) {
        return vec![RoleType::Root.into()];
    }
    Vec::new()
}

/// The roles of a lineage whose documents are of targets and that have the key.
fn targets(lineage: &Lineage, request: &Authorized) -> Vec<Role> {
    let public = &request.key.bound.public_key;
    let trusted = lineage.facts().trusted_root.clone();
    let top = trusted.filter(|root| root.keyid_of(RoleType::Targets, public).is_some());
    let delegated = lineage.delegated().roles_of(public);
    let delegated = delegated.into_iter().map(Role::from);
    top.map(|_| Role::TARGETS)
        .into_iter()
        .chain(delegated)
        .collect()
}

/// May this first root open another lineage of its repository? With the keys of one that the agent
/// knows it would fork that one, since clients can't tell the two apart: only operators may.
pub(in crate::corridor) fn may_open(
    checked: &Checked,
    id: &LineageId,
    house: &House,
) -> Result<(), Denial> {
    let caller = &checked.request.request.caller;
    let View::Root(root) = &checked.document.view else {
        return Ok(());
    };
    if house.config.grants.is_operator(caller) {
        return Ok(());
    }
    let ours = keys_of(&RootFacts::of(root));
    let here =
        |other: &LineageId| other.authority == id.authority && other.repository == id.repository;
    let lineages = house.ledger.memory().lineages(here);
    let forked = lineages.iter().find(|lineage| {
        let facts = lineage.facts();
        let roots = [
            &facts.trusted_root,
            &facts.previous_root,
            &facts.offered_root,
        ];
        let mut roots = roots.into_iter().flatten();
        roots.any(|root| !keys_of(root).is_disjoint(&ours))
    });
    match forked {
        None => Ok(()),
        Some(lineage) => {
            let message = format!(
                "{} is known with first root {}, which has keys of this one",
                id.repository.escape_debug(),
                lineage.id().first_root
            );
            let remedy = "go on with the repository as it is; to make it anew, let an operator of \
                          the agent sign its first root, or take new keys for all its roles";
            Err(Denial::new(Reason::KeyOfOtherLineage, message).with_remedy(remedy))
        }
    }
}

/// The keys of a root but for those of timestamps, which are never ours.
fn keys_of(root: &RootFacts) -> BTreeSet<Sha256Digest> {
    let roles = [RoleType::Root, RoleType::Targets, RoleType::Snapshot];
    let keys = roles.into_iter().flat_map(|role| root.keys_of(role));
    keys.map(|(_, key)| Key::fingerprint(key)).collect()
}
