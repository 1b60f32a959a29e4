//! The key objects of a token, found once for each login.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use crate::keystore::key::ObjectId;

/// Handles asked for in one C_FindObjects.
const BATCH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// Handles of all private and public keys, by CKA_ID.
///
/// A search costs time for each object in the token (20 µs in SoftHSM2), whatever it looks for; so
/// there is one for each class and none for each key.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    private: HashMap<ObjectId, Vec<ObjectHandle>>,
    public: HashMap<ObjectId, Vec<ObjectHandle>>,
}

impl Inventory {
    /// Looks through the whole token.
    pub(super) fn scan(session: &Session) -> Result<Self, Error> {
        Ok(Self {
            private: by_id(session, ObjectClass::PRIVATE_KEY)?,
            public: by_id(session, ObjectClass::PUBLIC_KEY)?,
        })
    }

    /// Adds a key pair that was made since.
    pub(super) fn add(&mut self, id: ObjectId, public: ObjectHandle, private: ObjectHandle) {
        self.private.entry(id.clone()).or_default().push(private);
        self.public.entry(id).or_default().push(public);
    }

    /// Forgets a key pair that was destroyed since.
    pub(super) fn remove(&mut self, id: &ObjectId) {
        self.private.remove(id);
        self.public.remove(id);
    }

    /// Is anything with this CKA_ID there?
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.private.contains_key(id) || self.public.contains_key(id)
    }

    /// Private keys with this CKA_ID.
    pub(super) fn private(&self, id: &ObjectId) -> &[ObjectHandle] {
        self.private.get(id).map_or(&[], Vec::as_slice)
    }

    /// Public keys with this CKA_ID.
    pub(super) fn public(&self, id: &ObjectId) -> &[ObjectHandle] {
        self.public.get(id).map_or(&[], Vec::as_slice)
    }
}

fn by_id(
    session: &Session,
    class: ObjectClass,
) -> Result<HashMap<ObjectId, Vec<ObjectHandle>>, Error> {
    let handles: Vec<ObjectHandle> = session
        .iter_objects_with_cache_size(&[Attribute::Class(class)], BATCH)?
        .collect::<Result<_, _>>()?;
    let mut found: HashMap<ObjectId, Vec<ObjectHandle>> = HashMap::new();
    let mut unread = None;
    for handle in handles {
        match session.get_attributes(handle, &[AttributeType::Id]) {
            Ok(attributes) => {
                for attribute in attributes {
                    if let Attribute::Id(bytes) = attribute
                        && let Ok(id) = ObjectId::new(bytes)
                    {
                        found.entry(id).or_default().push(handle);
                    }
                }
            }
            // Another program may have deleted it since; a token that is gone fails for all.
            Err(error) => unread = Some(error),
        }
    }
    match unread {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// The objects of one class with this CKA_ID, asked for now.
pub(super) fn with_id(
    session: &Session,
    class: ObjectClass,
    id: &ObjectId,
) -> Result<Vec<ObjectHandle>, Error> {
    session.find_objects(&[
        Attribute::Class(class),
        Attribute::Id(id.as_bytes().to_vec()),
    ])
}
