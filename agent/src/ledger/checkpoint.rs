//! Checkpoints: the ledger key's signature over a head.

use std::sync::Arc;

use privyseal_ledger::{Hash, Head, checkpoint};
use privyseal_proto::ledger::v1::{Checkpoint, Genesis, record::Event};
use privyseal_tuf::PublicKey;

use super::{Ledger, LedgerFault};
use crate::{
    corridor::permit::SigningPermit,
    keystore::{BoundKey, KeyName, Keystore, KeystoreError, ObjectId},
    keystores::Keystores,
};

/// The key that signs checkpoints, and nothing else.
#[derive(Debug, Clone)]
pub struct LedgerKey(Arc<BoundKey>);

impl LedgerKey {
    /// A key that was generated for a new ledger.
    pub(super) fn generated(bound: Arc<BoundKey>) -> Self {
        Self(bound)
    }

    /// The key that the genesis record names; `None` where the record makes no sense.
    #[must_use]
    pub fn of(genesis: &Genesis) -> Option<Self> {
        Some(Self(Arc::new(BoundKey {
            name: genesis.key.parse().ok()?,
            keystore: genesis.keystore.parse().ok()?,
            token_serial: genesis.token_serial.parse().ok()?,
            object_id: ObjectId::new(genesis.object_id.clone()).ok()?,
            public_key: PublicKey::from_spki_der(&genesis.public_key).ok()?,
        })))
    }

    /// Where it is.
    #[must_use]
    pub fn bound(&self) -> &Arc<BoundKey> {
        &self.0
    }
}

/// Why a head could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The genesis names a keystore that the config does not have, or no usable key.
    #[error("the ledger's key is in no keystore of the config")]
    NoKey,
    /// The keystore can't sign.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// The token's signature does not verify.
    #[error("the token's signature over the checkpoint is wrong: {source}")]
    Wrong {
        /// The ledger key.
        key: KeyName,
        /// What is wrong.
        source: checkpoint::CheckpointError,
    },
    /// The checkpoint can't be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
}

/// A signed head.
#[derive(Debug, Clone)]
pub struct SignedCheckpoint {
    /// What it covers.
    pub head: Head,
    /// The text that is signed.
    pub text: String,
    /// Raw r‖s.
    pub signature: Vec<u8>,
    /// SubjectPublicKeyInfo of the ledger key, DER.
    pub public_key: Vec<u8>,
}

impl SignedCheckpoint {
    /// Signs `head` with the ledger key and verifies the signature.
    pub(super) async fn make(
        key: &LedgerKey,
        keystore: &dyn Keystore,
        genesis: Hash,
        head: Head,
    ) -> Result<Self, CheckpointError> {
        let text = checkpoint::text(&genesis, &head);
        let signature = keystore
            .sign(SigningPermit::for_checkpoint(key, genesis, head))
            .await?
            .0;
        let public_key = key.bound().public_key.to_spki_der();
        checkpoint::verify(&public_key, &text, &signature).map_err(|source| {
            CheckpointError::Wrong {
                key: key.bound().name.clone(),
                source,
            }
        })?;
        Ok(Self {
            head,
            text,
            signature,
            public_key,
        })
    }
}

impl Ledger {
    /// Signs the durable head.
    ///
    /// # Errors
    /// Where the ledger key can't be used.
    pub async fn sign_head(
        &self,
        keystores: &Keystores,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let key = self.memory().genesis().as_ref().and_then(LedgerKey::of);
        let key = key.ok_or(CheckpointError::NoKey)?;
        let holder = keystores
            .of(&key.bound().keystore)
            .ok_or(CheckpointError::NoKey)?;
        let reader = self.reader();
        SignedCheckpoint::make(
            &key,
            holder.keystore.as_ref(),
            reader.genesis(),
            reader.head(),
        )
        .await
    }

    /// Signs the durable head and records the checkpoint.
    ///
    /// # Errors
    /// Where the ledger key can't be used, or the ledger takes no record.
    pub async fn checkpoint(&self, keystores: &Keystores) -> Result<Head, CheckpointError> {
        let SignedCheckpoint {
            head, signature, ..
        } = self.sign_head(keystores).await?;
        let root = head.root.as_ref().to_vec();
        let event = Event::Checkpoint(Checkpoint {
            size: head.size,
            root,
            signature,
        });
        self.append(event, None).await?;
        Ok(head)
    }
}
