//! Key pairs that are destroyed on the token.

use cryptoki::error::Error;
use cryptoki::object::{ObjectClass, ObjectHandle};

use super::ckr;
use super::inventory;
use super::resolve::Resolver;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::BoundKey;

/// Destroys both halves of a key through the resolver's session, which must be able to write; false
/// where neither is there.
///
/// The private half goes first: without the public one nobody could tell whose it is, and whoever
/// comes back after a crash between the two finds out from the public half.
pub(super) fn destroy(resolver: &Resolver<'_>, key: &BoundKey) -> Result<bool, KeystoreError> {
    if key.token_serial != resolver.token.identity.serial {
        return Err(KeystoreError::TokenSwapped {
            keystore: resolver.settings.name.clone(),
            expected: key.token_serial.clone(),
            found: resolver.token.identity.serial.clone(),
        });
    }
    let private = half(resolver, key, "private", ObjectClass::PRIVATE_KEY)?;
    let public = half(resolver, key, "public", ObjectClass::PUBLIC_KEY)?;
    match public {
        Some(public) if resolver.public_key(&key.name, public)? != key.public_key => {
            return Err(KeystoreError::KeyMismatch {
                keystore: resolver.settings.name.clone(),
                key: key.name.clone(),
                what: "its public key is another, so it was not destroyed".to_owned(),
            });
        }
        None if private.is_some() => {
            return Err(KeystoreError::KeyMismatch {
                keystore: resolver.settings.name.clone(),
                key: key.name.clone(),
                what: "it has no public key to tell it by, so it was not destroyed".to_owned(),
            });
        }
        _ => {}
    }
    let found = private.is_some() || public.is_some();
    for object in [private, public].into_iter().flatten() {
        resolver
            .session
            .destroy_object(object)
            .map_err(|error| refused(resolver, &error))?;
    }
    Ok(found)
}

/// The object of one class with the key's CKA_ID, asked for now; none where it is gone.
fn half(
    resolver: &Resolver<'_>,
    key: &BoundKey,
    half: &str,
    class: ObjectClass,
) -> Result<Option<ObjectHandle>, KeystoreError> {
    let found = inventory::with_id(resolver.session, class, &key.object_id);
    let found = found.map_err(|error| refused(resolver, &error))?;
    if found.is_empty() {
        return Ok(None);
    }
    resolver
        .only(&key.name, &key.object_id, half, &found)
        .map(Some)
}

fn refused(resolver: &Resolver<'_>, error: &Error) -> KeystoreError {
    let keystore = resolver.settings.name.clone();
    let what = ckr::describe(error);
    match ckr::action_of(error) {
        ckr::Action::Reconnect => KeystoreError::Absent { keystore, what },
        _ => KeystoreError::Refused { keystore, what },
    }
}
