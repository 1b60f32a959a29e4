//! Decided: what both corridors do last, whatever their documents are.
//!
//! The decision is durable before there is a permit, and what the token answers is verified before
//! anybody sees it.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{Outcome, record::Event};
use privyseal_tuf::Signature;

use super::{
    House, Progress,
    permit::{Message, SigningPermit},
};
use crate::{
    fault::{Fault, Stop},
    keystore::{About, BoundKey, Keystore, RawSignature},
    ledger::{Appended, Guard},
};

/// What is to be signed, once it is recorded.
pub(super) struct Decision<M> {
    pub(super) event: Event,
    /// Opens once the decision is durable and remembered.
    pub(super) gate: Guard,
    pub(super) key: Arc<BoundKey>,
    pub(super) keystore: Arc<dyn Keystore>,
    /// Makes the bytes that are signed.
    pub(super) message: M,
    /// The request, for the person in front of the device.
    pub(super) about: About,
}

/// A decision that can't be lost any more, and the permit that it gave.
pub(super) struct Decided {
    permit: SigningPermit,
    keystore: Arc<dyn Keystore>,
    pub(super) appended: Appended,
}

impl<M: FnOnce() -> Vec<u8>> Decision<M> {
    /// Records the decision.
    ///
    /// # Errors
    /// Where the keystore could not sign anyhow, or the ledger takes no record: nothing was
    /// decided.
    pub(super) async fn record(self, house: &House) -> Result<Decided, Stop> {
        // Who asks while a token is absent must not fill the ledger by asking.
        if let Some(obstacle) = self.keystore.obstacle(&self.key) {
            return Err(obstacle.into());
        }
        let appended = house.ledger.append(self.event, Some(self.gate)).await?;
        let message = Message::new((self.message)());
        Ok(Decided {
            permit: SigningPermit::new(self.key, message, self.about),
            keystore: self.keystore,
            appended,
        })
    }
}

impl Decided {
    /// Uses up the permit and verifies what the token answers; the caller hears what it waits for.
    ///
    /// # Errors
    /// Where the keystore can't sign, or its signature is wrong; either is recorded.
    pub(super) async fn sign(self, house: &House, progress: &Progress) -> Result<Signature, Fault> {
        let key = self.permit.key().clone();
        let message = self.permit.message().clone();
        let (waits, about) = (self.keystore.waiting(), self.permit.about().clone());
        let signing = self.keystore.sign(self.permit);
        let answer = progress.during(waits, &about, signing).await;
        let answer = answer.map_err(Fault::from);
        let checked = answer.and_then(|RawSignature(raw)| {
            let wrong = |what: String| Fault::BadSignature {
                key: key.name.clone(),
                what,
            };
            let signature = Signature::from_raw(key.public_key.algorithm(), &raw)
                .map_err(|error| wrong(error.to_string()))?;
            key.public_key
                .verify(message.bytes(), &signature)
                .map_err(|error| wrong(error.to_string()))?;
            Ok(signature)
        });
        let (signature, fault) = match &checked {
            Ok(signature) => (signature.as_raw().to_vec(), String::new()),
            Err(fault) => (Vec::new(), fault.reason().to_owned()),
        };
        house.ledger.append_later(Event::Outcome(Outcome {
            decision: self.appended.index,
            signature,
            fault,
        }));
        checked
    }
}
