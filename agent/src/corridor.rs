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
mod certificate;
mod checked;
mod completion;
mod decided;
mod facts;
mod finish;
mod held;
pub mod notary;
mod observed;
pub mod permit;
mod progress;
mod received;
mod recorded;
mod rules;
mod shown;
mod verified;

use std::sync::Arc;

pub use self::{
    authorized::Authorized,
    certificate::{CertificateKind, CertificateRequest, Certified},
    checked::{Checked, Content},
    held::{Held, Standing},
    observed::{Observation, Shown},
    progress::Progress,
    received::{LineageName, Received},
    recorded::Recorded,
    verified::Verified,
};
pub(crate) use self::{
    checked::{authority, unknown as unknown_authority},
    finish::Finish,
    observed::{
        file_of, may_see, observed as observed_record, shown_is_news, unknown as unknown_lineage,
    },
    received::{Named, known, role as role_of},
};
use privyseal_ledger::Head;
use privyseal_proto::{ledger::v1 as record, v1 as wire};

use crate::{
    config::Config,
    denial::{Denial, Reason},
    fault::Stop,
    keystore::{About, BoundKey, Keystore},
    keystores::Keystores,
    ledger::Ledger,
    memory::LineageId,
};

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
    /// Walks one request through the corridor. `present` gives the house as it is once a person was
    /// waited for: the config may have changed meanwhile.
    ///
    /// # Errors
    /// A denial by any room, or a fault of the ledger or the keystore.
    pub async fn sign(
        mut self,
        received: Received,
        progress: &Progress,
        present: impl Fn() -> Self,
    ) -> Result<Verified, Stop> {
        let mut held = self.hold(received.clone()).await?;
        // A person is asked for what passed every rule, behind an open gate and before anything is
        // recorded; what was decided meanwhile counts.
        if let Some((keystore, about)) = held.attendant() {
            let key = Arc::clone(&held.key);
            drop(held);
            self.attended(&key.bound, &keystore, &about, progress)
                .await?;
            self = present();
            held = self.hold(received.again(&self.config)?).await?;
            held.about = about;
        }
        match held.standing() {
            Standing::Signed(given) => Ok(Verified::again(held, given, &self)),
            Standing::Unsigned => {
                // A caller that goes away now must not leave a decision without its outcome.
                let (house, progress) = (self, progress.clone());
                let rest = async move {
                    let recorded = Recorded::new(held, &house).await?;
                    recorded.sign(&house, &progress).await
                };
                Finish::new(rest).await
            }
        }
    }

    /// Walks one request to where it holds its gate.
    async fn hold(&self, received: Received) -> Result<Held, Stop> {
        let authorized = Authorized::new(received, self)?;
        let house = self.clone();
        let large = authorized.is_large();
        let checked = aside(large, move || Checked::new(authorized, &house)).await??;
        Held::new(checked, self).await
    }

    /// Waits until the keystore has of a person what this key needs for one signature.
    async fn attended(
        &self,
        key: &BoundKey,
        keystore: &Arc<dyn Keystore>,
        about: &About,
        progress: &Progress,
    ) -> Result<(), Stop> {
        let attended = keystore.attended(key, about);
        let attended = progress.during(keystore.waiting(), about, attended).await;
        attended.map_err(|error| Stop::from(crate::fault::Fault::from(error)))
    }
}

/// Runs work in place, or where it may take its time: reading ten megabytes takes a while, and a
/// runtime's threads serve everybody.
pub(crate) async fn aside<T: Send + 'static>(
    large: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stop> {
    if !large {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| interrupted())
}

/// Documents above this size are read aside.
const LARGE: usize = 64 * 1024;

fn interrupted() -> Stop {
    let message = "the agent is stopping";
    Denial::new(Reason::RequestTimeout, message).into()
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
