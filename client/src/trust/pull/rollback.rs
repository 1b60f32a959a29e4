use std::collections::BTreeMap;

use privyseal_tuf::{Document, Key, KeyId, RoleKeys, Tally};

use super::PullError;
use super::verified::{Metadata, Verified, read};
use crate::trust::home::Kept;

/// Holds metadata against the newest that was seen of its role.
///
/// What was seen counts for as long as a key that still may sign the role signed it. So a thief who
/// gave a role the highest of all versions has no hold on it once his key is out; and whoever has no
/// key of the role can't have it forgotten.
pub(super) fn check<V: Metadata>(
    role: &str,
    seen: Option<&Kept>,
    shown: &Verified<V>,
    keys: &BTreeMap<KeyId, Key>,
    role_keys: &RoleKeys,
) -> Result<(), PullError> {
    let Some((document, seen)) = standing::<V>(role, seen, keys, role_keys)? else {
        return Ok(());
    };
    let now = shown.view.version();
    if now < seen {
        return Err(PullError::RolledBack {
            role: role.to_owned(),
            seen,
            shown: now,
        });
    }
    // Signatures of one content may differ, and so files.
    if now == seen && document.payload().bytes() != shown.document.payload().bytes() {
        return Err(PullError::Forked {
            role: role.to_owned(),
            version: now,
        });
    }
    Ok(())
}

/// Refuses that a role is not there any more.
pub(super) fn check_dropped<V: Metadata>(
    role: &str,
    seen: Option<&Kept>,
    keys: &BTreeMap<KeyId, Key>,
    role_keys: &RoleKeys,
) -> Result<(), PullError> {
    match standing::<V>(role, seen, keys, role_keys)? {
        None => Ok(()),
        Some((_, seen)) => Err(PullError::Dropped {
            role: role.to_owned(),
            seen,
        }),
    }
}

/// What was seen of a role, with its version, where it still counts.
fn standing<V: Metadata>(
    role: &str,
    seen: Option<&Kept>,
    keys: &BTreeMap<KeyId, Key>,
    role_keys: &RoleKeys,
) -> Result<Option<(Document, u64)>, PullError> {
    let Some(seen) = seen else {
        return Ok(None);
    };
    let (document, view) = read::<V>(role, &seen.bytes)?;
    let signed = Tally::of(&document, keys, role_keys).count > 0;
    Ok(signed.then(|| (document, view.version())))
}
