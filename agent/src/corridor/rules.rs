//! What a document must agree with: the versions, keys and entries of its lineage.

mod attested;
mod certified;
mod delegations;
mod elsewhere;
mod listed;
mod scope;
mod snapshot;
mod timestamp;

use privyseal_tuf::{Dialect, KeyId, PublicKey, Role, RoleType, Root, View};

pub(super) use self::{
    attested::is_attested,
    elsewhere::{is_granted, may_open},
    scope::is_delegated_to,
};
use super::{
    checked::{Content, introduces, now, timestamp_of_server},
    received::Named,
};
use crate::{
    denial::{Denial, Reason},
    memory::{Known, RootFacts, VersionState},
};

/// The farthest that a version may be above what the agent knows, where that is nothing: no document
/// is burnt by version 2⁵³.
const RISE: u64 = 1_000;

/// Is the version the next one, or the last one with the same content? True for the latter.
pub(super) fn version(known: &Known, document: &Content) -> Result<bool, Denial> {
    let history = known.history();
    let role = Named(&document.role);
    let (version, last) = (document.version, history.version());
    let next = last.saturating_add(1);
    if version < last {
        let message =
            format!("{role} version {version} is below {last}, the last one; the next is {next}");
        return Err(Denial::new(Reason::VersionRollback, message));
    }
    let begins = last == 0 && may_begin_above(document) && version <= RISE;
    if version > next && !begins {
        let message =
            format!("{role} version {version} skips; the last one is {last}, the next {next}");
        return Err(Denial::new(Reason::VersionSkipped, message));
    }
    let Some(remembered) = history.last.as_ref() else {
        return Ok(false);
    };
    if version == next {
        let is_root = document.role == RoleType::Root.into();
        if is_root && remembered.state != VersionState::Final {
            let message = format!(
                "root version {last} is not complete yet, so version {version} can't follow it"
            );
            return Err(Denial::new(Reason::RootNotFinal, message));
        }
        return Ok(false);
    }
    if remembered.digest == document.digest && !remembered.contradicted {
        return Ok(true);
    }
    if remembered.contradicted {
        let message = format!(
            "this agent signed other content as {role} version {version} than was completed elsewhere"
        );
        return Err(Denial::new(Reason::VersionReused, message));
    }
    let message = format!(
        "{role} version {version} was signed with other content: {} then, {} now",
        remembered.digest, document.digest
    );
    Err(Denial::new(Reason::VersionReused, message))
}

/// notary-server keeps what a removed signer left, and takes only higher versions of a role of that
/// name. An agent that has never heard of the role begins there.
fn may_begin_above(document: &Content) -> bool {
    document.document.dialect() == Dialect::Notary && document.role.delegated().is_some()
}

/// The keyid under which the role lists this key.
///
/// A root is signed by keys of the root before it or of its own; a delegated role by keys that any
/// of its delegators gives it.
pub(super) fn key_in_role(
    known: &Known,
    document: &Content,
    key: &PublicKey,
) -> Result<KeyId, Denial> {
    let role = match &document.role {
        Role::Top(role) => *role,
        Role::Delegated(name) => return scope::key_in_delegation(known, name, key),
    };
    let state = &known.state;
    let offered = match &document.view {
        View::Root(root) => Some(RootFacts::of(root)),
        _ => None,
    };
    let before = match role {
        RoleType::Root => state.root_before(document.version),
        _ => state.trusted_root.as_deref(),
    };
    let roots = [offered.as_ref(), before];
    let found = roots
        .into_iter()
        .flatten()
        .find_map(|root| root.keyid_of(role, key));
    if let Some(keyid) = found {
        return Ok(keyid.clone());
    }
    if role != RoleType::Root && state.trusted_root.is_none() {
        let message = format!("the lineage has no complete root yet, so nobody may sign {role}");
        return Err(Denial::new(Reason::RootNotFinal, message));
    }
    let message = match role {
        RoleType::Root => {
            "the key is in the root role of neither this root nor the one before".to_owned()
        }
        _ => format!("the root does not list the key for {role}"),
    };
    Err(Denial::new(Reason::KeyNotInRole, message))
}

/// Does the content agree with what was signed before?
pub(super) fn content(known: &Known, document: &Content) -> Result<(), Denial> {
    match &document.view {
        View::Root(_) => Ok(()),
        View::Targets(targets) => {
            delegations::are_one_step_below(known, targets)?;
            delegations::can_be_looked_through(targets)
        }
        View::Snapshot(snapshot) => snapshot::keeps(&known.state, snapshot),
        View::Timestamp(timestamp) => timestamp::agrees(&known.state, timestamp),
        View::NotarySnapshot(snapshot) => listed::keeps(known, snapshot),
        View::NotaryTimestamp(_) => Err(timestamp_of_server()),
    }
}

/// What is to be signed with `key` must also be bearable for clients, and burn nothing.
///
/// A complete document that is shown was bounded by its signers: what they wrote before this agent
/// came, odd keyids among it, is what clients live with.
pub(super) fn to_sign(known: &Known, document: &Content, key: &PublicKey) -> Result<(), Denial> {
    match &document.view {
        View::Targets(targets) => {
            if let Role::Delegated(name) = &document.role {
                scope::covers(known, name, targets, key)?;
            }
            delegations::are_sound(known, targets)
        }
        View::Snapshot(snapshot) => snapshot::is_borne_out(known, snapshot),
        View::Root(root) => root_follows(known, document, root),
        View::NotarySnapshot(snapshot) => listed::is_known(known, snapshot),
        View::Timestamp(_) | View::NotaryTimestamp(_) => Ok(()),
    }
}

fn root_follows(known: &Known, document: &Content, root: &Root) -> Result<(), Denial> {
    let before = known.state.root_before(document.version);
    for (keyid, key) in &root.keys {
        // A keyid that the world wrote before us is kept; a new one is written as it should be.
        if !before.is_some_and(|before| before.keys.get(keyid) == Some(key)) {
            introduces(keyid.as_str(), key)?;
        }
    }
    if root.header.dialect == Dialect::Notary {
        certified::holds(&known.lineage().repository, before, root, now())?;
    }
    let consistent = root.consistent_snapshot.unwrap_or(false);
    match before {
        Some(before) if before.consistent_snapshot != consistent => {
            let message = format!("consistent_snapshot changes to {consistent}");
            Err(Denial::new(Reason::ConsistentSnapshotChanged, message))
        }
        _ => Ok(()),
    }
}
