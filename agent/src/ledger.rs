//! The agent's ledger: group commit over the store, and the fold that the agent remembers by.
//!
//! Whoever appends when nobody else is writing becomes the leader: it writes everything that is
//! pending with one sync, folds it into the memory in order, and only then answers. So a record is
//! durable and remembered before its caller goes on, and a caller that goes away in between
//! changes nothing.

mod checkpoint;
mod genesis;
mod login;
mod queue;

use std::{sync::Arc, time::SystemTime};

use parking_lot::Mutex;
use privyseal_ledger::{Hash, Head, LedgerError, MAX_RECORD, Reader, Replay, Store};
use privyseal_proto::ledger::v1::{Record, record::Event};
use prost::Message;
use tokio::{runtime::Handle, sync::oneshot};

use self::queue::{Entry, Queue};
pub use self::{
    checkpoint::{CheckpointError, LedgerKey, SignedCheckpoint},
    genesis::{InitError, create},
    login::{LedgerLoginLog, Unrecorded},
};
use crate::{config::LedgerSection, memory::Memory};

/// Something that must be held until a record is durable and remembered, such as a gate.
pub type Guard = Box<dyn Send>;

/// Where a record went.
#[derive(Debug, Clone, Copy)]
pub struct Appended {
    /// Its index.
    pub index: u64,
    /// The durable head that contains it.
    pub head: Head,
}

/// Why a record could not be made durable. Nothing was signed.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct LedgerFault(pub Arc<LedgerError>);

impl LedgerFault {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.0.reason()
    }
}

/// The open ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    queue: Queue,
    reader: Reader,
    memory: Arc<Memory>,
    fault: Mutex<Option<LedgerFault>>,
    /// Where the lead goes on when its caller has what it wanted.
    runtime: Handle,
}

impl Ledger {
    /// Opens the ledger that the config names and replays it into a memory.
    ///
    /// # Errors
    /// Where it is missing, another one, damaged, or held by another agent.
    pub fn open(
        section: &LedgerSection,
        genesis: Hash,
        runtime: Handle,
    ) -> Result<(Self, Replay), LedgerError> {
        let memory = Arc::new(Memory::default());
        let (store, replay) = Store::open(&section.directory, genesis, &mut |index, record| {
            memory.apply(index, record);
        })?;
        let reader = store.reader();
        let inner = Inner {
            store: Mutex::new(store),
            queue: Queue::default(),
            reader,
            memory,
            fault: Mutex::new(None),
            runtime,
        };
        Ok((Self(Arc::new(inner)), replay))
    }

    /// What the records say.
    #[must_use]
    pub fn memory(&self) -> &Arc<Memory> {
        &self.0.memory
    }

    /// For reading while others write.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// What was wrong at the last attempt to write, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<LedgerFault> {
        self.0.fault.lock().clone()
    }

    /// Makes `event` durable; `guard` is dropped once it is durable and remembered.
    ///
    /// # Errors
    /// Where it could not be made durable: nothing happened, and asking again is safe.
    pub async fn append(
        &self,
        event: Event,
        guard: Option<Guard>,
    ) -> Result<Appended, LedgerFault> {
        let (reply, answer) = oneshot::channel();
        self.submit(event, guard, Some(reply));
        answer.await.unwrap_or_else(|_| Err(self.dropped()))
    }

    /// As [`Ledger::append`], from a thread that may block.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_blocking(&self, event: Event) -> Result<Appended, LedgerFault> {
        let (reply, answer) = oneshot::channel();
        self.submit(event, None, Some(reply));
        answer
            .blocking_recv()
            .unwrap_or_else(|_| Err(self.dropped()))
    }

    /// Lets `event` ride with the next sync; [`Ledger::flush`] brings it home at the latest.
    ///
    /// It is remembered at once, so that the same bytes asked for meanwhile get the signature that
    /// was made. What rides so adds nothing to the memory a second time, and takes no index.
    pub fn append_later(&self, event: Event) {
        let entry = entry(event, None, None);
        self.0.memory.apply(u64::MAX, &entry.record);
        self.0.queue.push(entry);
    }

    /// Writes what is pending, unless somebody does already.
    pub fn flush(&self) {
        if self.0.queue.lead_if_pending() {
            self.lead();
        }
    }

    fn submit(
        &self,
        event: Event,
        guard: Option<Guard>,
        reply: Option<oneshot::Sender<Result<Appended, LedgerFault>>>,
    ) {
        let entry = entry(event, guard, reply);
        if entry.bytes.len() > MAX_RECORD {
            // Alone, not with the batch that it would have been in.
            let what = format!(
                "a record of {} bytes; the most is {MAX_RECORD}",
                entry.bytes.len()
            );
            if let Some(reply) = entry.reply {
                drop(reply.send(Err(LedgerFault(Arc::new(LedgerError::Refused { what })))));
            }
            return;
        }
        if self.0.queue.push_and_lead(entry) {
            self.lead();
        }
    }

    /// Commits one batch; what came in meanwhile is handed to another thread, so that no caller
    /// works for others for ever.
    fn lead(&self) {
        let batch = self.0.queue.take();
        self.0.commit(batch);
        if self.0.queue.step_down() {
            let next = self.clone();
            drop(self.0.runtime.spawn(async move { next.lead() }));
        }
    }

    fn dropped(&self) -> LedgerFault {
        self.fault().unwrap_or_else(|| {
            LedgerFault(Arc::new(LedgerError::Failed {
                what: "the agent is shutting down".to_owned(),
                source: None,
            }))
        })
    }
}

fn entry(
    event: Event,
    guard: Option<Guard>,
    reply: Option<oneshot::Sender<Result<Appended, LedgerFault>>>,
) -> Entry {
    let record = Record {
        time: now(),
        event: Some(event),
    };
    Entry {
        bytes: record.encode_to_vec(),
        record,
        guard,
        reply,
    }
}

/// Unix time in milliseconds.
fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Inner {
    fn commit(&self, batch: Vec<Entry>) {
        let (bytes, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|e| (e.bytes, (e.record, e.guard, e.reply)))
            .unzip();
        let mut store = self.store.lock();
        let first = store.head().size;
        let result = store
            .append(&bytes)
            .map_err(|error| LedgerFault(Arc::new(error)));
        match result {
            Ok(head) => {
                let mut index = first;
                for (record, _, _) in &waiting {
                    self.memory.apply(index, record);
                    index = index.saturating_add(1);
                }
                drop(store);
                self.fault.lock().take();
                for (index, (_, guard, reply)) in (first..).zip(waiting) {
                    drop(guard);
                    if let Some(reply) = reply {
                        drop(reply.send(Ok(Appended { index, head })));
                    }
                }
            }
            Err(fault) => {
                drop(store);
                let entries = bytes.into_iter().zip(waiting);
                self.failed(&fault, entries.map(Entry::from).collect());
            }
        }
    }

    /// Tells those who wait. What nobody waits for is true all the same, a signature that was made
    /// above all, so it is written with what comes next.
    fn failed(&self, fault: &LedgerFault, batch: Vec<Entry>) {
        let before = self.fault.lock().replace(fault.clone());
        if before.is_none_or(|before| before.reason() != fault.reason()) {
            tracing::error!(reason = fault.reason(), "ledger: {fault}");
        }
        let mut unheard = Vec::new();
        for mut entry in batch {
            match entry.reply.take() {
                Some(reply) => drop(reply.send(Err(fault.clone()))),
                None => unheard.push(entry),
            }
        }
        // What the ledger refuses to hold, it would refuse for ever.
        if !matches!(*fault.0, LedgerError::Refused { .. }) {
            self.queue.put_back(unheard);
        }
    }
}
