//! The first two records of a ledger: its genesis, and the ledger key's signature over it.

use std::sync::Arc;

use privyseal_ledger::{Hash, Head, LedgerError, Store};
use privyseal_proto::ledger::v1::{Checkpoint, Genesis, Record, record::Event};
use privyseal_tuf::Algorithm;
use prost::Message;
use ring::rand::{SecureRandom, SystemRandom};

use super::{CheckpointError, LedgerKey, SignedCheckpoint};
use crate::{
    config::LedgerSection,
    keystore::{KeyOrder, Keystore, KeystoreError, PinPolicy, Place, TouchPolicy},
};

/// Why a ledger could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The token can't make the key.
    #[error("the ledger key can't be made: {error}. {}", error.remedy())]
    Keystore {
        /// Why.
        error: KeystoreError,
    },
    /// The key can't sign.
    #[error("the genesis record can't be signed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The directory can't take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// Makes a ledger: a key on the token, the genesis record, and a checkpoint over it.
///
/// The keystore must be ready. Returns the ledger's name.
///
/// # Errors
/// Where any of it can't be made; an existing ledger is left as it is.
pub async fn create(section: &LedgerSection, keystore: &dyn Keystore) -> Result<Hash, InitError> {
    let refused = |error| InitError::Keystore { error };
    // On a YubiKey nobody can be asked each time that a checkpoint is due. The key signs nothing else.
    let place = section.slot.map(|slot| Place {
        slot: Some(slot),
        pin: Some(PinPolicy::Never),
        touch: Some(TouchPolicy::Never),
        replace: false,
    });
    if let Some(slot) = section.slot {
        tracing::warn!(
            "the ledger key in slot {slot} asks for no PIN and no touch: every program on this \
             machine that reaches the device can sign checkpoints with it"
        );
    }
    let order = KeyOrder {
        place: place.unwrap_or_default(),
        ..KeyOrder::plain(section.key.clone(), Algorithm::EcdsaP256)
    };
    let made = keystore.generate(order).await.map_err(refused)?;
    keystore
        .bind(vec![Arc::clone(&made.key)])
        .await
        .map_err(refused)?;
    let key = LedgerKey::generated(made.key);
    let mut nonce = vec![0; 16];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| InitError::Random)?;
    let bound = key.bound();
    let genesis = encode(Event::Genesis(Genesis {
        public_key: bound.public_key.to_spki_der(),
        keystore: bound.keystore.to_string(),
        token_serial: bound.token_serial.to_string(),
        object_id: bound.object_id.as_bytes().to_vec(),
        key: bound.name.to_string(),
        nonce,
    }));
    let name = Hash::leaf(&genesis);
    // The root of a tree of one leaf is the leaf's hash.
    let head = Head {
        size: 1,
        root: name,
    };
    let signed = SignedCheckpoint::make(&key, keystore, name, head).await?;
    let root = head.root.as_ref().to_vec();
    let checkpoint = Event::Checkpoint(Checkpoint {
        size: head.size,
        root,
        signature: signed.signature,
    });
    Store::create(&section.directory, &genesis, &encode(checkpoint))?;
    Ok(name)
}

fn encode(event: Event) -> Vec<u8> {
    Record {
        time: super::now(),
        event: Some(event),
    }
    .encode_to_vec()
}
