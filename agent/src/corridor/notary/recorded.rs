//! Recorded: the decision is in the ledger, durable, before the token is touched.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{NotaryDecision, record::Event};

use super::{Held, held::Standing};
use crate::{
    corridor::{
        House,
        decided::{Decided, Decision},
    },
    fault::Stop,
    keystore::About,
    memory::EnrolledKey,
};

/// A decision that can't be lost any more.
pub struct Recorded {
    pub(super) decided: Decided,
    pub(super) key: Arc<EnrolledKey>,
}

impl Recorded {
    /// Records the decision. The gate opens once it is durable and remembered.
    ///
    /// # Errors
    /// Where the keystore could not sign anyhow, or the ledger takes no record: nothing was
    /// decided.
    pub async fn new(held: Held, house: &House) -> Result<Self, Stop> {
        let reissued = held.standing() == Standing::Unsigned { reissued: true };
        let Held { request, gate, .. } = held;
        let key = request.key;
        let record = NotaryDecision {
            caller: Some(request.caller.to_record()),
            key: key.bound.name.to_string(),
            authority: key.authority.clone(),
            repository: key.repository.clone(),
            role: request.signed.role().to_string(),
            version: request.signed.version(),
            digest: request.digest.as_bytes().to_vec(),
            expires: request.signed.expires().seconds(),
            reissued,
        };
        let content = request.content;
        let about = About::new(format!(
            "{} v{} of {}",
            record.role, record.version, key.repository
        ));
        let decision = Decision {
            event: Event::NotaryDecision(record),
            gate,
            key: Arc::clone(&key.bound),
            keystore: request.keystore,
            message: move || content,
            about,
        };
        Ok(Self {
            decided: decision.record(house).await?,
            key,
        })
    }
}
