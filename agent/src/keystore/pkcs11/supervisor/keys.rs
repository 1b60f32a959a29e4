//! Keys: binding, making, describing, and finding them again.

use std::sync::Arc;

use cryptoki::session::Session;
use privyseal_tuf::Algorithm;

use super::{GRACE, Phase, Serving, Supervisor};
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, ObjectId, TokenIdentity};
use crate::keystore::name::KeyName;
use crate::keystore::pkcs11::ckr;
use crate::keystore::pkcs11::generate;
use crate::keystore::pkcs11::inventory::Inventory;
use crate::keystore::pkcs11::resolve::{Resolved, Resolver};
use crate::keystore::state::KeystoreState;

impl Supervisor {
    /// Sets the bound keys; looks for them where the token is at hand.
    pub(super) fn bind(&mut self, keys: Vec<Arc<BoundKey>>) -> Result<(), KeystoreError> {
        self.bound = keys;
        let Phase::Serving(serving) = &mut self.phase else {
            self.shared.expect(&self.bound);
            return Ok(());
        };
        let unknown = |key: &Arc<BoundKey>| serving.inventory.private(&key.object_id).is_empty();
        if self.bound.iter().any(unknown) {
            match Inventory::scan(&serving.anchor) {
                Ok(inventory) => serving.inventory = inventory,
                Err(error) => {
                    self.shared.expect(&self.bound);
                    return Err(KeystoreError::Absent {
                        keystore: self.shared.settings.name.clone(),
                        what: ckr::describe(&error),
                    });
                }
            }
        }
        if let Phase::Serving(serving) = &self.phase {
            let Serving {
                token,
                anchor,
                inventory,
                ..
            } = serving.as_ref();
            self.shared
                .reseat(self.resolve(&token.identity, anchor, inventory));
        }
        Ok(())
    }

    /// Makes a key pair, through a session of its own that can write.
    pub(super) fn generate(
        &mut self,
        name: KeyName,
        algorithm: Algorithm,
    ) -> Result<KeyDescription, KeystoreError> {
        let Phase::Serving(serving) = &mut self.phase else {
            return Err(self.shared.obstacle());
        };
        let Serving {
            module,
            token,
            inventory,
            ..
        } = serving.as_mut();
        let session = module
            .session(token, true)
            .map_err(|error| KeystoreError::Refused {
                keystore: self.shared.settings.name.clone(),
                what: ckr::describe(&error),
            })?;
        let resolver = Resolver {
            settings: &self.shared.settings,
            token: &token.identity,
            session: &session,
        };
        generate::generate(&resolver, inventory, name, algorithm)
    }

    /// Describes a key pair.
    pub(super) fn inspect(
        &self,
        name: KeyName,
        id: ObjectId,
    ) -> Result<KeyDescription, KeystoreError> {
        let Phase::Serving(serving) = &self.phase else {
            return Err(self.shared.obstacle());
        };
        let resolver = Resolver {
            settings: &self.shared.settings,
            token: &serving.token.identity,
            session: &serving.anchor,
        };
        resolver.inspect(name, id)
    }

    /// A session says that something it held is dead. Where the token still answers and the anchor
    /// still finds our keys, the login is alive, and new sessions and handles will do; else
    /// everything is found again from the start.
    pub(super) fn recover(&mut self, what: String) {
        let absent = |what| KeystoreError::Absent {
            keystore: self.shared.settings.name.clone(),
            what,
        };
        let state = KeystoreState::Absent(absent(what));
        let Phase::Serving(serving) = &self.phase else {
            return;
        };
        if let Err(error) = serving.module.probe(&serving.token) {
            return self.vanished(Err(error));
        }
        self.shared.publish(state.clone());
        self.shared.close();
        let alive = serving.crew.ended(GRACE)
            && Inventory::scan(&serving.anchor).is_ok_and(|inventory| {
                self.resolve(&serving.token.identity, &serving.anchor, &inventory)
                    .iter()
                    .any(|key| key.handle.is_ok())
            });
        if alive && let Phase::Serving(serving) = std::mem::replace(&mut self.phase, Phase::Away) {
            let Serving {
                module,
                token,
                anchor,
                ..
            } = *serving;
            self.phase = Phase::Present {
                module: module.clone(),
                token: token.clone(),
            };
            if self.serve(module, token, anchor).is_ok() {
                return;
            }
        }
        self.leave(state);
        if matches!(self.phase, Phase::Away) {
            self.look();
        }
    }

    /// Finds every bound key in the inventory.
    pub(super) fn resolve(
        &self,
        token: &TokenIdentity,
        session: &Session,
        inventory: &Inventory,
    ) -> Vec<Resolved> {
        let resolver = Resolver {
            settings: &self.shared.settings,
            token,
            session,
        };
        self.bound
            .iter()
            .map(|key| resolver.resolve(inventory, Arc::clone(key)))
            .collect()
    }
}
