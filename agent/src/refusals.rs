//! Refusals of known callers, summed until they are recorded; those of strangers are only logged.
//!
//! So nobody fills the disk by asking.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use privyseal_proto::ledger::v1::{Refusals, record::Event, refusals::Count};

use crate::{caller::Caller, denial::Denial, grant::Grants, ledger::Ledger};

/// What was refused to whom since the last record.
#[derive(Debug, Default)]
pub struct RefusalSums(Mutex<HashMap<Arc<Caller>, BTreeMap<&'static str, u64>>>);

impl RefusalSums {
    /// Counts a refusal of a known caller, and logs it.
    pub fn count(&self, grants: &Grants, caller: &Arc<Caller>, denial: &Denial) {
        let known = grants.knows(caller);
        let reason = denial.reason().code();
        tracing::info!(
            caller = caller.name(),
            known,
            reason,
            "refused: {}",
            denial.message()
        );
        if known {
            let mut sums = self.0.lock();
            let count = sums
                .entry(Arc::clone(caller))
                .or_default()
                .entry(reason)
                .or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Lets the sums ride with the ledger's next sync and starts again at zero.
    pub fn record(&self, ledger: &Ledger) {
        for (caller, counts) in std::mem::take(&mut *self.0.lock()) {
            let counts = counts
                .into_iter()
                .map(|(reason, count)| Count {
                    reason: reason.to_owned(),
                    count,
                })
                .collect();
            ledger.append_later(Event::Refusals(Refusals {
                caller: Some(caller.to_record()),
                counts,
            }));
        }
    }
}
