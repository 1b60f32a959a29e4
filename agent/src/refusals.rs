//! Refusals of known callers, summed until they are recorded; those of strangers are only logged.
//!
//! So nobody fills the disk by asking.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use privyseal_proto::ledger::v1::{Refusals, record::Event, refusals::Count};

use crate::{
    caller::Caller, denial::Denial, grant::Grants, ledger::Ledger, listen::seldom::Seldom,
};

/// What was refused to whom since the last record.
#[derive(Debug, Default)]
pub struct RefusalSums {
    sums: Mutex<HashMap<Arc<Caller>, BTreeMap<&'static str, u64>>>,
    told: Seldom<(String, &'static str)>,
}

impl RefusalSums {
    /// Counts a refusal of a known caller, and logs it: one of each reason now and then, since
    /// notary-server passes on what strangers ask of it. RUST_LOG=debug shows every one.
    pub fn count(&self, grants: &Grants, caller: &Arc<Caller>, denial: &Denial) {
        let known = grants.knows(caller);
        let reason = denial.reason().code();
        let (name, message) = (caller.name(), denial.message());
        match self.told.turn((name.to_owned(), reason)) {
            Some(untold) => {
                tracing::info!(caller = name, known, reason, untold, "refused: {message}");
            }
            None => tracing::debug!(caller = name, known, reason, "refused: {message}"),
        }
        if known {
            let mut sums = self.sums.lock();
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
        for (caller, counts) in std::mem::take(&mut *self.sums.lock()) {
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
