//! Recorded: the decision is in the ledger, durable, before the token is touched.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{Decision, record::Event};
use privyseal_tuf::{KeyId, Sha256Digest};

use super::{
    Held, House,
    permit::{Message, SigningPermit},
};
use crate::{fault::Stop, keystore::Keystore, ledger::Appended, memory::LineageId};

/// A decision that can't be lost any more, and the permit that it gave.
pub struct Recorded {
    pub(super) permit: SigningPermit,
    pub(super) keystore: Arc<dyn Keystore>,
    pub(super) appended: Appended,
    pub(super) keyid: KeyId,
    pub(super) lineage: LineageId,
    pub(super) version: u64,
    pub(super) digest: Sha256Digest,
}

impl Recorded {
    /// Records the decision. The gate opens once it is durable and remembered.
    ///
    /// # Errors
    /// Where the keystore could not sign anyhow, or the ledger takes no record: nothing was
    /// decided.
    pub async fn new(held: Held, house: &House) -> Result<Self, Stop> {
        // Who asks while a token is absent must not fill the ledger by asking.
        if let Some(obstacle) = held.keystore.state().borrow().obstacle() {
            return Err(obstacle.clone().into());
        }
        let Held {
            lineage,
            document,
            keyid,
            key,
            ..
        } = held;
        let decision = Decision {
            caller: Some(held.caller.to_record()),
            lineage: Some(super::record_lineage(&lineage)),
            role: document.role.to_string(),
            version: document.version,
            digest: document.digest.as_bytes().to_vec(),
            key: key.bound.name.to_string(),
            keyid: keyid.to_string(),
            facts: held.facts,
            opens_lineage: held.opens,
            completes: held.completes,
        };
        let appended = house
            .ledger
            .append(Event::Decision(decision), Some(held.gate))
            .await?;
        let message = Message::new(document.document.payload().bytes());
        Ok(Self {
            permit: SigningPermit::new(Arc::clone(&key.bound), message),
            keystore: held.keystore,
            appended,
            keyid,
            lineage,
            version: document.version,
            digest: document.digest,
        })
    }
}
