//! Keys: binding, making, describing, and finding them again.

use std::sync::Arc;

use cryptoki::session::Session;
use privyseal_tuf::Algorithm;

use super::{Doomed, GRACE, Phase, Serving, Supervisor, by_name};
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, KeyDescription, ObjectId};
use crate::keystore::name::KeyName;
use crate::keystore::pkcs11::attest;
use crate::keystore::pkcs11::ckr;
use crate::keystore::pkcs11::destroy;
use crate::keystore::pkcs11::generate;
use crate::keystore::pkcs11::import;
use crate::keystore::pkcs11::inventory::Inventory;
use crate::keystore::pkcs11::module::{Found, Module};
use crate::keystore::pkcs11::resolve::{Resolved, Resolver};
use crate::keystore::pkcs11::shared::Orders;
use crate::keystore::private_key::PrivateKey;
use crate::keystore::state::KeystoreState;

impl Supervisor {
    /// Sees to keys that were enrolled and removed since.
    pub(super) fn carry_out(&mut self) -> Result<(), KeystoreError> {
        let Orders { bind, destroy } = self.shared.orders();
        let bound = if bind.is_empty() {
            Ok(())
        } else {
            self.bind(bind)
        };
        let removed = !destroy.is_empty();
        for key in destroy {
            self.bound.remove(&key.name);
            let flights = self.shared.unseat(&key.name);
            let doomed = self.doomed.entry(key.name.clone());
            doomed.or_insert(Doomed { key, flights });
        }
        if removed {
            self.sweep();
        }
        bound
    }

    /// Adds bound keys; looks for them where the token is at hand.
    fn bind(&mut self, keys: Vec<Arc<BoundKey>>) -> Result<(), KeystoreError> {
        self.bound.extend(keys.iter().cloned().map(by_name));
        let Phase::Serving(serving) = &mut self.phase else {
            self.shared.expect(&keys);
            return Ok(());
        };
        let unknown = |key: &Arc<BoundKey>| serving.inventory.private(&key.object_id).is_empty();
        if keys.iter().any(unknown) {
            match Inventory::scan(&serving.anchor) {
                Ok(inventory) => serving.inventory = inventory,
                Err(error) => {
                    self.shared.expect(&keys);
                    return Err(KeystoreError::Absent {
                        keystore: self.shared.settings.name.clone(),
                        what: ckr::describe(&error),
                    });
                }
            }
        }
        if let Phase::Serving(serving) = &self.phase {
            let Serving {
                module,
                token,
                anchor,
                inventory,
                ..
            } = serving.as_ref();
            let found = self.resolve(module, token, anchor, inventory, keys);
            self.shared.seat(found);
        }
        Ok(())
    }

    /// Destroys what is left of removed keys, at a login or when they were ordered to be.
    pub(super) fn sweep(&mut self) {
        for name in self.doomed.keys().cloned().collect::<Vec<_>>() {
            if let Err(error) = self.destroy(&name)
                && matches!(self.phase, Phase::Serving(_))
            {
                tracing::warn!(key = %name, "it was removed, and is still there: {error}");
            }
        }
    }

    /// Destroys a removed key, where anything of it is there, through a session of its own that can
    /// write.
    pub(super) fn destroy(&mut self, name: &KeyName) -> Result<(), KeystoreError> {
        let Some(Doomed { key, flights }) = self.doomed.get(name) else {
            return Ok(());
        };
        let Phase::Serving(serving) = &mut self.phase else {
            return Err(self.shared.obstacle());
        };
        let Serving {
            module,
            token,
            inventory,
            ..
        } = serving.as_mut();
        let here = key.token_serial == token.identity.serial;
        if !here || inventory.has(&key.object_id) {
            // A handle that dies in a signature would end the session for everybody.
            if flights
                .as_ref()
                .is_some_and(|flights| !flights.ended(GRACE))
            {
                return Err(KeystoreError::Deadline {
                    keystore: self.shared.settings.name.clone(),
                    after: GRACE,
                    what: "the end of signatures with it",
                    repeatable: true,
                });
            }
            let session = module
                .session(token, true)
                .map_err(|error| KeystoreError::Refused {
                    keystore: self.shared.settings.name.clone(),
                    what: ckr::describe(&error),
                })?;
            let resolver = Resolver {
                settings: &self.shared.settings,
                module,
                token,
                session: &session,
            };
            if !destroy::destroy(&resolver, key)? {
                // It was there at the login. A token that was pulled out a moment ago has nothing
                // either, so the next login looks again.
                return module.probe(token).map(drop);
            }
        }
        inventory.remove(&key.object_id);
        self.doomed.remove(name);
        Ok(())
    }

    /// Makes a key pair, through a session of its own that can write.
    pub(super) fn generate(
        &mut self,
        name: KeyName,
        algorithm: Algorithm,
    ) -> Result<KeyDescription, KeystoreError> {
        self.write(|resolver, inventory| generate::generate(resolver, inventory, name, algorithm))
    }

    /// Takes a key pair from elsewhere, in the same way.
    pub(super) fn import(
        &mut self,
        name: KeyName,
        key: &PrivateKey,
    ) -> Result<KeyDescription, KeystoreError> {
        self.write(|resolver, inventory| import::import(resolver, inventory, name, key))
    }

    fn write<T>(
        &mut self,
        work: impl FnOnce(&Resolver<'_>, &mut Inventory) -> Result<T, KeystoreError>,
    ) -> Result<T, KeystoreError> {
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
            module,
            token,
            session: &session,
        };
        work(&resolver, inventory)
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
        self.resolver(serving).inspect(name, id)
    }

    /// Shows what attests a key.
    pub(super) fn attest(&self, key: &BoundKey) -> Result<Vec<Vec<u8>>, KeystoreError> {
        let Phase::Serving(serving) = &self.phase else {
            return Err(self.shared.obstacle());
        };
        attest::attest(&self.resolver(serving), key)
    }

    fn resolver<'a>(&'a self, serving: &'a Serving) -> Resolver<'a> {
        Resolver {
            settings: &self.shared.settings,
            module: &serving.module,
            token: &serving.token,
            session: &serving.anchor,
        }
    }

    /// A session says that something it held is dead. Where the token still answers and the anchor
    /// still finds our keys, the login is alive, and new sessions and handles will do; else
    /// everything is found again from the start. Not so where it wants a login again: ykcs11 shows the
    /// keys of a card that forgot the PIN (another program reset it) as before.
    pub(super) fn recover(&mut self, what: String, logged_out: bool) {
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
        let ended = serving.crew.ended(GRACE);
        let alive = ended
            && !logged_out
            && Inventory::scan(&serving.anchor).is_ok_and(|inventory| {
                let bound = self.bound.values().cloned();
                let Serving {
                    module,
                    token,
                    anchor,
                    ..
                } = serving.as_ref();
                self.resolve(module, token, anchor, &inventory, bound)
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

    /// Finds keys in the inventory.
    pub(super) fn resolve(
        &self,
        module: &Module,
        token: &Found,
        session: &Session,
        inventory: &Inventory,
        keys: impl IntoIterator<Item = Arc<BoundKey>>,
    ) -> Vec<Resolved> {
        let resolver = Resolver {
            settings: &self.shared.settings,
            module,
            token,
            session,
        };
        let found = keys.into_iter();
        found.map(|key| resolver.resolve(inventory, key)).collect()
    }
}
