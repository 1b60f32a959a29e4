//! Every keystore of the config, by name.

use std::{collections::BTreeMap, io, sync::Arc};

use crate::{
    config::{Config, KeystoreSection},
    keystore::{
        BoundKey, Keystore, KeystoreName, login::LoginLog, piv::PivKeystore, pkcs11::Pkcs11Keystore,
    },
    ledger::LedgerKey,
    memory::Memory,
};

/// A keystore and what the config allows it.
pub struct Holder {
    /// The keystore.
    pub keystore: Arc<dyn Keystore>,
    /// May it sign root, and so waits for a person when its token reappears?
    pub holds_root_keys: bool,
    /// May operators write keys to it that were made elsewhere?
    pub allow_import: bool,
}

/// The keystores of an agent.
pub struct Keystores(BTreeMap<KeystoreName, Holder>);

impl Keystores {
    /// Starts every keystore of the config with the keys that are enrolled in it.
    ///
    /// # Errors
    /// Where the system gives no threads. A token that is absent is waited for, not an error.
    pub fn start(config: &Config, memory: &Memory, log: &Arc<dyn LoginLog>) -> io::Result<Self> {
        let mut holders = BTreeMap::new();
        for section in &config.keystores {
            let keys = keys_in(memory, section.name());
            let keystore: Arc<dyn Keystore> = match section.clone() {
                KeystoreSection::Pkcs11(settings) => {
                    let keystore = Pkcs11Keystore::start(settings, keys, Arc::clone(log))?;
                    // The agent may have ended between the record and the end of a key.
                    keystore.forget(removed_in(memory, section.name()));
                    keystore
                }
                // What is left of a removed key stays: deleting it takes the device's administrator.
                KeystoreSection::Piv(settings) => {
                    PivKeystore::start(settings, keys, Arc::clone(log))?
                }
            };
            let holder = Holder {
                keystore,
                holds_root_keys: section.holds_root_keys(),
                allow_import: section.allow_import(),
            };
            holders.insert(section.name().clone(), holder);
        }
        Ok(Self(holders))
    }

    /// The keystore of that name.
    #[must_use]
    pub fn of(&self, name: &KeystoreName) -> Option<&Holder> {
        self.0.get(name)
    }

    /// Every keystore, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Keystore>> {
        self.0.values().map(|holder| &holder.keystore)
    }

    /// Tells a key's keystore that it must hold it from now on.
    pub async fn bind(&self, key: &Arc<BoundKey>) {
        let Some(holder) = self.of(&key.keystore) else {
            return;
        };
        if let Err(error) = holder.keystore.bind(vec![Arc::clone(key)]).await {
            let (keystore, key) = (&key.keystore, &key.name);
            tracing::warn!(%keystore, %key, "it is bound, but not looked for yet: {error}");
        }
    }

    /// Releases every token.
    pub async fn shutdown(&self) {
        for keystore in self.all() {
            keystore.shutdown().await;
        }
    }
}

/// The keys that a keystore must hold: enrolled ones, and the ledger's.
fn keys_in(memory: &Memory, keystore: &KeystoreName) -> Vec<Arc<BoundKey>> {
    let enrolled = memory.keys().into_iter().map(|key| Arc::clone(&key.bound));
    let ledger_key = memory.genesis().as_ref().and_then(LedgerKey::of);
    let ledger_key = ledger_key.map(|key| Arc::clone(key.bound()));
    enrolled
        .chain(ledger_key)
        .filter(|key| key.keystore == *keystore)
        .collect()
}

/// Removed keys that a keystore may still hold.
fn removed_in(memory: &Memory, keystore: &KeystoreName) -> Vec<Arc<BoundKey>> {
    let removed = memory.removed_keys().into_iter().map(|removed| removed.key);
    removed.filter(|key| key.keystore == *keystore).collect()
}
