use std::borrow::Cow;
use std::collections::BTreeMap;

use privyseal_tuf::notary::{Snapshot, Timestamp};
use privyseal_tuf::{
    Document, Expires, Key, KeyId, RoleKeys, RoleType, Root, Tally, Targets, View,
};

use super::{Pull, PullError};

/// Metadata of a role with the keys that signed it.
#[derive(Clone, Debug)]
pub struct Verified<V> {
    /// As it was received.
    pub document: Document,
    /// What it says.
    pub view: V,
    /// Which keys of the role signed it.
    pub tally: Tally,
}

impl<V> Verified<V> {
    /// The file as it was received.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        self.document.bytes()
    }
}

/// What metadata of some role says.
pub(super) trait Metadata: Sized {
    const ROLE: RoleType;
    fn of(view: View) -> Option<Self>;
    fn version(&self) -> u64;
    fn expires(&self) -> &Expires;
}

macro_rules! metadata {
    ($view:ty, $role:ident, $variant:ident, $($header:ident)?) => {
        impl Metadata for $view {
            const ROLE: RoleType = RoleType::$role;

            fn of(view: View) -> Option<Self> {
                match view {
                    View::$variant(view) => Some(view),
                    _ => None,
                }
            }

            fn version(&self) -> u64 {
                self.$($header.)?version
            }

            fn expires(&self) -> &Expires {
                &self.$($header.)?expires
            }
        }
    };
}

metadata!(Root, Root, Root, header);
metadata!(Targets, Targets, Targets, header);
metadata!(Snapshot, Snapshot, NotarySnapshot,);
metadata!(Timestamp, Timestamp, NotaryTimestamp,);

/// Reads metadata in notary's dialect. `role` is its name, for messages.
pub(super) fn read<V: Metadata>(role: &str, bytes: &[u8]) -> Result<(Document, V), PullError> {
    let document = Document::parse(bytes).map_err(|e| PullError::unreadable(role, e))?;
    let view = document.view(V::ROLE);
    let view = view.map_err(|e| PullError::unreadable(role, e))?;
    // A document in the other dialect has no such view, or is one of notary's.
    match V::of(view) {
        Some(view) if document.dialect() == privyseal_tuf::Dialect::Notary => Ok((document, view)),
        _ => Err(PullError::unreadable(
            role,
            "it is not written as notary writes it",
        )),
    }
}

/// Reads metadata that a threshold of these keys must have signed.
pub(super) fn verify<V: Metadata>(
    role: &str,
    bytes: &[u8],
    keys: &BTreeMap<KeyId, Key>,
    role_keys: &RoleKeys,
) -> Result<Verified<V>, PullError> {
    let (document, view) = read(role, bytes)?;
    let tally = Tally::of(&document, keys, role_keys);
    if !tally.is_met() {
        return Err(PullError::BelowThreshold {
            role: role.to_owned(),
            tally: Box::new(tally),
        });
    }
    Ok(Verified {
        document,
        view,
        tally,
    })
}

impl Pull<'_> {
    /// Refuses metadata whose time is over.
    pub(super) fn check_expiry<V: Metadata>(
        &self,
        role: &str,
        verified: &Verified<V>,
    ) -> Result<(), PullError> {
        let expires = verified.view.expires();
        if self.dated && expires.seconds() <= self.now {
            return Err(PullError::Expired {
                role: role.to_owned(),
                expires: expires.clone(),
            });
        }
        Ok(())
    }
}
