//! The corridor: the one way a request walks through the agent.
//!
//! ```text
//! Received → Authorized → Checked → Held → Recorded → Verified
//! limits     may they     does the   agrees   in the     signed by the token
//!            use this     content    with the ledger,    and verified against
//!            key here     hold       memory   durable    the bound public key
//! ```
//!
//! Each room takes, by value, the proof that the last one made, so no room can be left out.

mod authorized;
mod checked;
mod completion;
mod held;
mod observed;
pub mod permit;
mod received;
mod recorded;
mod rules;
mod verified;

use std::sync::Arc;

pub use self::{
    authorized::Authorized,
    checked::{Checked, Content},
    held::{Held, Standing},
    observed::{Observation, Shown},
    received::{LineageName, Received},
    recorded::Recorded,
    verified::Verified,
};
pub(crate) use self::{
    checked::unknown as unknown_authority,
    observed::{may_see, observed as observed_event, shown_is_news, unknown as unknown_lineage},
    received::known,
};
use privyseal_ledger::Head;
use privyseal_proto::{ledger::v1 as record, v1 as wire};

use crate::{config::Config, fault::Stop, keystores::Keystores, ledger::Ledger, memory::LineageId};

/// What the rooms of the corridor work with.
#[derive(Clone)]
pub struct House {
    /// The config.
    pub config: Arc<Config>,
    /// The ledger, with the memory.
    pub ledger: Ledger,
    /// The keystores.
    pub keystores: Arc<Keystores>,
}

impl House {
    /// Walks one request through the corridor.
    ///
    /// # Errors
    /// A denial by any room, or a fault of the ledger or the keystore.
    pub async fn sign(&self, received: Received) -> Result<Verified, Stop> {
        let authorized = Authorized::new(received, self)?;
        let checked = Checked::new(authorized, self)?;
        let held = Held::new(checked, self).await?;
        match held.standing() {
            Standing::Signed(given) => Ok(Verified::again(held, given, self)),
            Standing::Unsigned => Recorded::new(held, self).await?.sign(self).await,
        }
    }
}

/// A lineage as the ledger records it.
pub(crate) fn record_lineage(id: &LineageId) -> record::Lineage {
    record::Lineage {
        authority: id.authority.clone(),
        repository: id.repository.clone(),
        first_root: id.first_root.as_bytes().to_vec(),
    }
}

/// A lineage as the wire names it.
pub(crate) fn wire_lineage(id: &LineageId) -> wire::LineageRef {
    wire::LineageRef {
        authority: id.authority.clone(),
        repository: id.repository.clone(),
        first_root: id.first_root.to_string(),
    }
}

/// A head as the wire has it.
pub(crate) fn wire_head(head: Head) -> wire::Head {
    wire::Head {
        size: head.size,
        root: head.root.into(),
    }
}
