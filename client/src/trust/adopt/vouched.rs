use privyseal_tuf::{Document, Requirement, Role, RoleType};

use super::{AdoptError, OldKeys, Plan};
use crate::trust::edit::Edition;
use crate::trust::home::TrustedBy;
use crate::trust::publish::State;

/// Refuses to sign with new keys what nobody but the trust server vouches for. Who the old keys are
/// is public: a server could name them in a root of its own.
///
/// # Errors
/// Where the root is neither pinned nor known from before, and a key file that is to be replaced did
/// not sign what its role says.
pub fn check_vouched(
    state: &State,
    old: &OldKeys,
    plan: &Plan,
    now: i64,
) -> Result<(), AdoptError> {
    let Some(pulled) = &state.pulled else {
        return Ok(());
    };
    let edition = Edition::over(&state.base, now);
    let is_signed = |role: &Role| -> Result<bool, AdoptError> {
        let Some(document) = state.base.document(role) else {
            // It says nothing that could be signed anew.
            return Ok(true);
        };
        let required = edition.requirements(role)?;
        Ok(required.iter().any(|it| signed_by(document, it, old)))
    };
    let is_known = !pulled.is_new || pulled.trusted.by != TrustedBy::FirstUse;
    if is_known || is_signed(&RoleType::Root.into())? {
        return Ok(());
    }
    let mut roles: Vec<Role> = Vec::new();
    let top = plan.roles.iter().map(|plan| plan.role);
    // A snapshot says nothing of its own.
    let top = top.filter(|role| *role != RoleType::Snapshot);
    roles.extend(top.map(Role::from));
    for replaced in &plan.signers {
        roles.extend(replaced.role.parse::<Role>().ok());
    }
    for role in roles {
        if !is_signed(&role)? {
            return Err(AdoptError::NotVouched(role.to_string()));
        }
    }
    Ok(())
}

/// Whether a key that is in a file signed a document.
fn signed_by(document: &Document, required: &Requirement, old: &OldKeys) -> bool {
    let message = document.payload().bytes().to_vec();
    let mut ours = required
        .keys
        .iter()
        .filter(|(_, key)| old.of(key).is_some());
    ours.any(|(keyid, key)| {
        let entry = document.signature(keyid);
        entry.is_some_and(|entry| key.verifies(&message, entry))
    })
}
