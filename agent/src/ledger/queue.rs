//! What waits for the next sync, and who leads it.

use parking_lot::Mutex;
use privyseal_ledger::MAX_BATCH;
use privyseal_proto::ledger::v1::Record;
use tokio::sync::oneshot;

use super::{Appended, Guard, LedgerFault};

/// What a frame has besides its record, at most.
const FRAME: usize = 64;

/// A record on its way.
pub(super) struct Entry {
    pub(super) bytes: Vec<u8>,
    pub(super) record: Record,
    pub(super) guard: Option<Guard>,
    pub(super) reply: Option<oneshot::Sender<Result<Appended, LedgerFault>>>,
}

type Waiting = (
    Record,
    Option<Guard>,
    Option<oneshot::Sender<Result<Appended, LedgerFault>>>,
);

impl From<(Vec<u8>, Waiting)> for Entry {
    fn from((bytes, (record, guard, reply)): (Vec<u8>, Waiting)) -> Self {
        Self {
            bytes,
            record,
            guard,
            reply,
        }
    }
}

/// The pending records. At most one leader at a time.
#[derive(Default)]
pub(super) struct Queue(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    entries: Vec<Entry>,
    led: bool,
}

impl Queue {
    /// Adds an entry that nobody waits for.
    pub(super) fn push(&self, entry: Entry) {
        self.0.lock().entries.push(entry);
    }

    /// Puts entries that could not be written before those that came meanwhile.
    pub(super) fn put_back(&self, entries: Vec<Entry>) {
        self.0.lock().entries.splice(0..0, entries);
    }

    /// Adds an entry; true where the caller has become the leader.
    pub(super) fn push_and_lead(&self, entry: Entry) -> bool {
        let mut pending = self.0.lock();
        pending.entries.push(entry);
        !std::mem::replace(&mut pending.led, true)
    }

    /// True where there is something to write and the caller has become the leader.
    pub(super) fn lead_if_pending(&self) -> bool {
        let mut pending = self.0.lock();
        !pending.entries.is_empty() && !std::mem::replace(&mut pending.led, true)
    }

    /// The leader's batch: what waits, within the store's limit on a batch.
    pub(super) fn take(&self) -> Vec<Entry> {
        let entries = &mut self.0.lock().entries;
        let mut bytes = 0_usize;
        let fit = entries.iter().take_while(|entry| {
            bytes = bytes
                .saturating_add(entry.bytes.len())
                .saturating_add(FRAME);
            bytes <= MAX_BATCH
        });
        let fit = fit.count().max(1).min(entries.len());
        let rest = entries.split_off(fit);
        std::mem::replace(entries, rest)
    }

    /// Ends the leader's turn; true where somebody waits and the lead must go on.
    pub(super) fn step_down(&self) -> bool {
        let mut pending = self.0.lock();
        pending.led = pending.entries.iter().any(|entry| entry.reply.is_some());
        pending.led
    }
}
