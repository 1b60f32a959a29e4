//! From a bound key to the object that signs for it, or to the reason why there is none.

use std::sync::Arc;

use cryptoki::error::Error;
use cryptoki::object::{ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use privyseal_tuf::PublicKey;

use super::attest;
use super::attributes::{self, PrivateFacts};
use super::ckr;
use super::demands::Demands;
use super::inventory::{self, Inventory};
use super::mechanism;
use super::module::{Found, Module};
use super::settings::Settings;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, KeyStanding, ObjectId};
use crate::keystore::name::KeyName;
use crate::keystore::policy::Policies;

/// A bound key with what became of the search for it.
pub(super) struct Resolved {
    pub(super) key: Arc<BoundKey>,
    pub(super) handle: Result<ObjectHandle, KeystoreError>,
    pub(super) demands: Demands,
    pub(super) description: KeyDescription,
}

/// What was seen of a private key.
#[derive(Clone, Copy)]
struct Seen {
    facts: PrivateFacts,
    policies: Option<Policies>,
}

impl Seen {
    fn demands(&self) -> Demands {
        Demands::new(self.facts.always_authenticates, self.policies)
    }
}

/// Looks at keys through a session that is logged in.
pub(super) struct Resolver<'a> {
    pub(super) settings: &'a Settings,
    pub(super) module: &'a Module,
    pub(super) token: &'a Found,
    pub(super) session: &'a Session,
}

impl Resolver<'_> {
    /// Finds a bound key in the inventory and compares it.
    pub(super) fn resolve(&self, inventory: &Inventory, key: Arc<BoundKey>) -> Resolved {
        let mut seen = None;
        let handle = self.compare(inventory, &key, &mut seen);
        let standing = match &handle {
            Ok(_) => KeyStanding::Usable,
            Err(error) => KeyStanding::Refused(error.clone()),
        };
        let description = KeyDescription {
            key: Arc::clone(&key),
            token_label: self.token.identity.label.clone(),
            protection: seen.map(|seen| seen.facts.protection),
            policies: seen.and_then(|seen| seen.policies),
            standing,
        };
        Resolved {
            key,
            handle,
            demands: seen.map(|seen| seen.demands()).unwrap_or_default(),
            description,
        }
    }

    fn compare(
        &self,
        inventory: &Inventory,
        key: &BoundKey,
        seen: &mut Option<Seen>,
    ) -> Result<ObjectHandle, KeystoreError> {
        if key.token_serial != self.token.identity.serial {
            return Err(KeystoreError::TokenSwapped {
                keystore: self.settings.name.clone(),
                expected: key.token_serial.clone(),
                found: self.token.identity.serial.clone(),
            });
        }
        let id = &key.object_id;
        let private = self.only(&key.name, id, "private", inventory.private(id))?;
        let facts = self.facts(private)?;
        let policies = self.policies(id, &key.public_key);
        let found = seen.insert(Seen { facts, policies });
        let public = self.only(&key.name, id, "public", inventory.public(id))?;
        if self.public_key(&key.name, public)? != key.public_key {
            return Err(KeystoreError::KeyMismatch {
                keystore: self.settings.name.clone(),
                key: key.name.clone(),
                what: "its public key is another".to_owned(),
            });
        }
        self.permitted(&key.name, &key.public_key, *found)?;
        Ok(private)
    }

    /// Describes a key pair that is not bound, asking the token anew.
    pub(super) fn inspect(
        &self,
        name: KeyName,
        id: ObjectId,
    ) -> Result<KeyDescription, KeystoreError> {
        let private = self.search(&name, &id, "private", ObjectClass::PRIVATE_KEY)?;
        let public = self.search(&name, &id, "public", ObjectClass::PUBLIC_KEY)?;
        let facts = self.facts(private)?;
        let public_key = self.public_key(&name, public)?;
        let policies = self.policies(&id, &public_key);
        self.permitted(&name, &public_key, Seen { facts, policies })?;
        let described = self.description(name, id, public_key, facts);
        Ok(KeyDescription {
            policies,
            ..described
        })
    }

    /// A usable key's description.
    pub(super) fn description(
        &self,
        name: KeyName,
        object_id: ObjectId,
        public_key: PublicKey,
        facts: PrivateFacts,
    ) -> KeyDescription {
        KeyDescription {
            key: Arc::new(BoundKey {
                name,
                keystore: self.settings.name.clone(),
                token_serial: self.token.identity.serial.clone(),
                object_id,
                public_key,
            }),
            token_label: self.token.identity.label.clone(),
            protection: Some(facts.protection),
            policies: None,
            standing: KeyStanding::Usable,
        }
    }

    /// What the token says of a private key.
    pub(super) fn facts(&self, private: ObjectHandle) -> Result<PrivateFacts, KeystoreError> {
        attributes::private_facts(self.session, private).map_err(|error| self.fault(&error))
    }

    /// The public key in an object.
    pub(super) fn public_key(
        &self,
        name: &KeyName,
        public: ObjectHandle,
    ) -> Result<PublicKey, KeystoreError> {
        attributes::public_key(self.session, public)
            .map_err(|error| self.fault(&error))?
            .ok_or_else(|| KeystoreError::MechanismUnsupported {
                keystore: self.settings.name.clone(),
                what: format!(
                    "usable key {name}: it is not a P-256, P-384, Ed25519 or 2048 to 4096 bit RSA key"
                ),
            })
    }

    fn search(
        &self,
        name: &KeyName,
        id: &ObjectId,
        half: &str,
        class: ObjectClass,
    ) -> Result<ObjectHandle, KeystoreError> {
        let handles =
            inventory::with_id(self.session, class, id).map_err(|error| self.fault(&error))?;
        self.only(name, id, half, &handles)
    }

    /// The one object among those that were found.
    pub(super) fn only(
        &self,
        name: &KeyName,
        id: &ObjectId,
        half: &str,
        handles: &[ObjectHandle],
    ) -> Result<ObjectHandle, KeystoreError> {
        let (keystore, key) = (self.settings.name.clone(), name.clone());
        match handles {
            [handle] => Ok(*handle),
            [] => {
                let what = format!("no {half} key with CKA_ID {id}");
                Err(KeystoreError::KeyNotFound {
                    keystore,
                    key,
                    what,
                })
            }
            several => {
                let what = format!("{} {half} keys share CKA_ID {id}", several.len());
                Err(KeystoreError::KeyNotFound {
                    keystore,
                    key,
                    what,
                })
            }
        }
    }

    /// When a key asks for a PIN or a touch, where the token is a YubiKey that attests it. The proof of
    /// it is asked for elsewhere ([`crate::keystore::Keystore::attest`]).
    fn policies(&self, id: &ObjectId, key: &PublicKey) -> Option<Policies> {
        if !self.token.is_yubico {
            return None;
        }
        let claim = attest::claim(self.session, id, |claim| claim.public_key == *key);
        claim.ok().flatten().map(|claim| claim.policies)
    }

    fn permitted(&self, name: &KeyName, key: &PublicKey, seen: Seen) -> Result<(), KeystoreError> {
        let facts = seen.facts;
        let keystore = self.settings.name.clone();
        if facts.protection.lets_out() && !self.settings.accept_extractable.contains(name) {
            return Err(KeystoreError::KeyExtractable {
                keystore,
                key: name.clone(),
            });
        }
        if !facts.signs {
            let what = format!("key {name} is not for signing (CKA_SIGN is false)");
            return Err(KeystoreError::Refused { keystore, what });
        }
        let in_parts = mechanism::in_parts(key.algorithm());
        if seen.demands().pin && !in_parts.is_some_and(|way| self.module.signs(self.token, way)) {
            let what = format!(
                "way to sign with {name}, which wants its PIN before each signature \
                 (CKA_ALWAYS_AUTHENTICATE): for that it needs CKM_ECDSA_SHA256 or \
                 CKM_SHA256_RSA_PKCS_PSS"
            );
            return Err(KeystoreError::MechanismUnsupported { keystore, what });
        }
        Ok(())
    }

    fn fault(&self, error: &Error) -> KeystoreError {
        KeystoreError::Fault {
            keystore: self.settings.name.clone(),
            what: ckr::describe(error),
        }
    }
}
