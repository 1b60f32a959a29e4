//! The line of requests before a keystore's sessions.
//!
//! A line lives from a login to its end. All that a signature needs was found before: handles, the
//! login, open sessions. When the token goes, the line is dropped with the requests in it, and each
//! of them is answered at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use cryptoki::object::ObjectHandle;
use tokio::sync::oneshot;

use super::resolve::Resolved;
use crate::corridor::permit::SigningPermit;
use crate::keystore::RawSignature;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, ObjectId};
use crate::keystore::name::KeystoreName;

pub(super) type Answer = Result<RawSignature, KeystoreError>;

/// One signature that is asked for.
pub(super) struct Job {
    pub(super) permit: SigningPermit,
    pub(super) handle: ObjectHandle,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// The way to the sessions of one login.
pub(super) struct Line {
    keystore: KeystoreName,
    queue: usize,
    jobs: Sender<Job>,
    seats: HashMap<ObjectId, Seat>,
    pulses: Vec<Arc<Pulse>>,
    closed: Arc<AtomicBool>,
}

/// A bound key's object in the token, or why there is none.
struct Seat {
    key: Arc<BoundKey>,
    handle: Result<ObjectHandle, KeystoreError>,
}

/// What a session's thread holds of its line.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) jobs: Receiver<Job>,
    pub(super) pulse: Arc<Pulse>,
    closed: Arc<AtomicBool>,
}

impl Post {
    /// True once the line is given up; what is left in it goes unanswered.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl Line {
    /// A line for `sessions` sessions, and a post for each.
    pub(super) fn new(keystore: KeystoreName, sessions: usize, queue: usize) -> (Self, Vec<Post>) {
        let (jobs, waiting) = bounded(queue);
        let closed = Arc::new(AtomicBool::new(false));
        let pulses: Vec<_> = (0..sessions).map(|_| Arc::new(Pulse::new())).collect();
        let posts = pulses
            .iter()
            .map(|pulse| Post {
                jobs: waiting.clone(),
                pulse: Arc::clone(pulse),
                closed: Arc::clone(&closed),
            })
            .collect();
        (
            Self {
                keystore,
                queue,
                jobs,
                seats: HashMap::new(),
                pulses,
                closed,
            },
            posts,
        )
    }

    /// Replaces the keys that can be signed with.
    pub(super) fn seat(&mut self, keys: impl IntoIterator<Item = Resolved>) {
        self.seats = keys
            .into_iter()
            .map(|Resolved { key, handle, .. }| (key.object_id.clone(), Seat { key, handle }))
            .collect();
    }

    /// Puts a request into the line.
    pub(super) fn push(
        &self,
        permit: SigningPermit,
        deadline: Instant,
        reply: oneshot::Sender<Answer>,
    ) -> Result<(), KeystoreError> {
        let handle = self.handle(permit.key())?;
        let job = Job {
            permit,
            handle,
            deadline,
            reply,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => KeystoreError::Busy {
                keystore: self.keystore.clone(),
                queue: self.queue,
            },
            TrySendError::Disconnected(_) => KeystoreError::Absent {
                keystore: self.keystore.clone(),
                what: "its sessions have ended".to_owned(),
            },
        })
    }

    fn handle(&self, key: &Arc<BoundKey>) -> Result<ObjectHandle, KeystoreError> {
        match self.seats.get(&key.object_id) {
            Some(seat) if Arc::ptr_eq(&seat.key, key) || seat.key == *key => seat.handle.clone(),
            _ => Err(KeystoreError::KeyNotFound {
                keystore: self.keystore.clone(),
                key: key.name.clone(),
                what: "it is not bound to this keystore".to_owned(),
            }),
        }
    }

    /// True where a session has been inside the module for longer than `limit`.
    pub(super) fn stuck(&self, limit: Duration) -> bool {
        self.pulses.iter().any(|pulse| pulse.inside() >= limit)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// Whether a session's thread is inside the module, and since when.
pub(super) struct Pulse {
    start: Instant,
    /// Milliseconds from `start`, plus one; 0 outside.
    since: AtomicU64,
}

impl Pulse {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            since: AtomicU64::new(0),
        }
    }

    /// The thread calls the module.
    pub(super) fn enter(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since
            .store(elapsed.saturating_add(1), Ordering::Relaxed);
    }

    /// The module returned.
    pub(super) fn leave(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    /// How long the thread has been inside; zero outside.
    fn inside(&self) -> Duration {
        match self.since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => self
                .start
                .elapsed()
                .saturating_sub(Duration::from_millis(since - 1)),
        }
    }
}
