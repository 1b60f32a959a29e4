//! Keystores: where private keys live and signatures are made.
//!
//! A keystore is one token (an HSM, a SoftHSM2 token, a smart card) and one login to it. Its
//! adapter watches the token, keeps the login and the sessions, and signs; it decides nothing about
//! what is signed. It takes a [`SigningPermit`], which only exists once the ledger holds a record.

pub mod attestation;
mod device;
mod error;
mod held_pin;
mod key;
pub mod login;
mod name;
mod order;
pub mod pin;
pub mod piv;
pub mod pkcs11;
mod policy;
mod private_key;
mod slot;
mod state;
pub mod uri;
mod waiting;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::corridor::permit::SigningPermit;

pub use device::{Device, DeviceInfo, ManagementKey, NewManagementKey, SlotInfo, Tries};
pub use error::KeystoreError;
pub use key::{
    BoundKey, KeyDescription, KeyStanding, ObjectId, Protection, TokenIdentity, TokenSerial,
};
pub use login::Operator;
pub use name::{BadName, KeyName, KeystoreName};
pub use order::{Access, KeyOrder, Place};
pub use policy::{BadPolicy, PinPolicy, Policies, TouchPolicy};
pub use private_key::{NotAPrivateKey, PrivateKey};
pub use slot::{BadSlot, Slot};
pub use state::KeystoreState;
pub use waiting::{About, Wait, WaitKind, WaitList, Waiting, Waits};

/// What a token returned for a signature: not verified, of no known form.
///
/// The corridor verifies it against the bound public key before anyone else sees it.
#[derive(Debug)]
pub struct RawSignature(pub Vec<u8>);

/// One token and the keys in it.
#[async_trait]
pub trait Keystore: Send + Sync {
    /// Its name in the config.
    fn name(&self) -> &KeystoreName;

    /// What kind of keystore it is, as the config names it.
    fn kind(&self) -> &'static str;

    /// What state it is in, now and as it changes.
    fn state(&self) -> watch::Receiver<KeystoreState>;

    /// The token as it was last seen; none before it was ever there.
    fn token(&self) -> Option<TokenIdentity>;

    /// The bound keys, and what the token said of each when it was last looked at.
    fn keys(&self) -> Vec<KeyDescription>;

    /// Further enrolled keys that this keystore must hold, in the place of those of the same names.
    /// In a ready keystore each of them has been looked for when this returns; what became of it
    /// stands in [`Keystore::keys`]. What is new costs time, not what was bound before.
    ///
    /// # Errors
    /// Where the token could not be asked. The keys are bound all the same, and looked for at the
    /// next login.
    async fn bind(&self, keys: Vec<Arc<BoundKey>>) -> Result<(), KeystoreError>;

    /// Destroys both halves of a key that is enrolled no longer; one that is gone already is none
    /// to destroy. Signatures that were asked for before are finished first.
    ///
    /// # Errors
    /// Where the token could not be asked or refused, or what stands there is not this key. Either
    /// way the key is not bound any more, and its objects are looked for again at the next login.
    async fn destroy(&self, key: Arc<BoundKey>) -> Result<(), KeystoreError>;

    /// Why it could not sign with this key now, apart from what a person is waited for.
    fn obstacle(&self, key: &BoundKey) -> Option<KeystoreError>;

    /// Does this key ask a person for something before each signature that is not in hand now?
    fn needs_person(&self, key: &BoundKey) -> bool;

    /// Waits until what this key needs of a person before it signs is in hand, and lists the wait.
    /// At once where it needs nothing.
    ///
    /// # Errors
    /// Where nobody came in time, or the keystore can't be used.
    async fn attended(&self, key: &BoundKey, about: &About) -> Result<(), KeystoreError>;

    /// What it waits for people to do, now and as it changes.
    fn waiting(&self) -> watch::Receiver<Waits>;

    /// How long a signature may take at most for what people do.
    fn person_time(&self) -> Duration;

    /// Signs the permit's message with its key. A wait for a person is listed.
    ///
    /// # Errors
    /// Where the keystore is not ready, its queue is full, the deadline passed, the key can't be
    /// used, or the token refused. [`KeystoreError::retry_safe`] says whether to ask again.
    async fn sign(&self, permit: SigningPermit) -> Result<RawSignature, KeystoreError>;

    /// Generates a key pair on the token: sensitive, not extractable, for signing only, under a
    /// random CKA_ID or in the slot that is ordered. It is not bound yet.
    ///
    /// # Errors
    /// Where the keystore is not ready, the token can't make such a key, or did not honour what was
    /// asked of it; then the key is destroyed again.
    async fn generate(&self, order: KeyOrder) -> Result<KeyDescription, KeystoreError>;

    /// Writes a key pair from elsewhere to the token: sensitive, not extractable, for signing only,
    /// under a random CKA_ID, and has it sign once to see that its halves belong together. It is not
    /// bound yet.
    ///
    /// # Errors
    /// As [`Keystore::generate`].
    async fn import(&self, name: KeyName, key: PrivateKey)
    -> Result<KeyDescription, KeystoreError>;

    /// Describes the key pair with this CKA_ID, to enrol it under `name`. It is not bound yet.
    ///
    /// # Errors
    /// Where there is not exactly one private key with that CKA_ID, or its public key is not found.
    async fn inspect(
        &self,
        name: KeyName,
        object_id: ObjectId,
    ) -> Result<KeyDescription, KeystoreError>;

    /// The token's proof of where a key was made and how it may be used: X.509, DER, the attestation
    /// first and then what else it has of the way to a root. Not verified yet.
    ///
    /// # Errors
    /// Where the token has none to offer, of this key or at all.
    async fn attest(&self, key: Arc<BoundKey>) -> Result<Vec<Vec<u8>>, KeystoreError>;

    /// What an administrator may do with it; none where it is no PIV device.
    fn device(&self) -> Option<&dyn Device> {
        None
    }

    /// Logs in with the PIN that `operator` typed. This clears the latch that a failed attempt left.
    /// `only_for` is the ticket of the request that it was typed for, whose keys alone may then use it
    /// where they want it for each signature.
    ///
    /// # Errors
    /// Where the token is absent, refuses the PIN, or is at its last try.
    async fn unlock(
        &self,
        pin: SecretString,
        only_for: Option<u64>,
        operator: Operator,
    ) -> Result<(), KeystoreError>;

    /// Clears the latch that a failed attempt left, and uses the configured PIN source once more.
    ///
    /// # Errors
    /// As [`Keystore::unlock`], and where no PIN source is configured.
    async fn unlock_again(&self, operator: Operator) -> Result<(), KeystoreError>;

    /// Logs out. The keystore stays locked until a person unlocks it.
    ///
    /// # Errors
    /// Where the token does not answer in time.
    async fn lock(&self) -> Result<(), KeystoreError>;

    /// Ends sessions and login, and releases the token. Nothing can be asked of it afterwards.
    async fn shutdown(&self);
}
