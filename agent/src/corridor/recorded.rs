//! Recorded: the decision is in the ledger, durable, before the token is touched.

use std::sync::Arc;

use privyseal_proto::ledger::v1::{Decision as Record, record::Event};
use privyseal_tuf::{Dialect, KeyId, Sha256Digest};

use super::{
    Held, House,
    decided::{Decided, Decision},
};
use crate::{fault::Stop, memory::LineageId};

/// A decision that can't be lost any more.
pub struct Recorded {
    pub(super) decided: Decided,
    pub(super) keyid: KeyId,
    pub(super) lineage: LineageId,
    pub(super) version: u64,
    pub(super) digest: Sha256Digest,
    pub(super) dialect: Dialect,
}

impl Recorded {
    /// Records the decision. The gate opens once it is durable and remembered.
    ///
    /// # Errors
    /// Where the keystore could not sign anyhow, or the ledger takes no record: nothing was
    /// decided.
    pub async fn new(held: Held, house: &House) -> Result<Self, Stop> {
        let Held {
            lineage,
            document,
            keyid,
            key,
            ..
        } = held;
        let (version, digest) = (document.version, document.digest);
        let dialect = document.document.dialect();
        let record = Record {
            caller: Some(held.caller.to_record()),
            lineage: Some(super::record_lineage(&lineage)),
            role: document.role.to_string(),
            version,
            digest: digest.as_bytes().to_vec(),
            key: key.bound.name.to_string(),
            keyid: keyid.to_string(),
            facts: held.facts,
            opens_lineage: held.opens,
            completes: held.completes,
        };
        let decision = Decision {
            event: Event::Decision(record),
            gate: held.gate,
            key: Arc::clone(&key.bound),
            keystore: held.keystore,
            message: move || document.document.payload().bytes(),
            about: held.about,
        };
        Ok(Self {
            decided: decision.record(house).await?,
            keyid,
            lineage,
            version,
            digest,
            dialect,
        })
    }
}
