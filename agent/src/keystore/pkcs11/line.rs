//! The line of requests before a keystore's sessions.
//!
//! A line lives from a login to its end. All that a signature needs was found before: handles, the
//! login, open sessions. When the token goes, the line is dropped with the requests in it, and each
//! of them is answered at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use cryptoki::object::ObjectHandle;
use tokio::sync::oneshot;

use super::demands::Demands;
use super::resolve::Resolved;
use crate::corridor::permit::SigningPermit;
use crate::keystore::RawSignature;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::Given;
use crate::keystore::key::BoundKey;
use crate::keystore::name::{KeyName, KeystoreName};

pub(super) type Answer = Result<RawSignature, KeystoreError>;

/// One signature that is asked for.
pub(super) struct Job {
    pub(super) permit: SigningPermit,
    pub(super) handle: ObjectHandle,
    pub(super) demands: Demands,
    /// The PIN that was typed for it.
    pub(super) pin: Option<Given>,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Answer>,
    /// Dropped when it is answered.
    _flight: Sender<()>,
}

impl Job {
    /// Answers whoever asked, if they still wait.
    pub(super) fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
    }
}

/// The way to the sessions of one login.
pub(super) struct Line {
    keystore: KeystoreName,
    queue: usize,
    jobs: Sender<Job>,
    seats: HashMap<KeyName, Seat>,
    pulses: Vec<Arc<Pulse>>,
    closed: Arc<AtomicBool>,
}

/// A bound key's object in the token, or why there is none.
struct Seat {
    key: Arc<BoundKey>,
    handle: Result<ObjectHandle, KeystoreError>,
    demands: Demands,
    /// Held by every job for this key.
    flight: Sender<()>,
    flights: Receiver<()>,
}

impl Seat {
    fn of(
        Resolved {
            key,
            handle,
            demands,
            ..
        }: Resolved,
    ) -> Self {
        let (flight, flights) = bounded(0);
        Self {
            key,
            handle,
            demands,
            flight,
            flights,
        }
    }
}

/// The signatures that were asked of a key which has no seat any more.
pub(super) struct InFlight(Receiver<()>);

impl InFlight {
    /// True once all of them are answered; waits up to `limit`.
    pub(super) fn ended(&self, limit: Duration) -> bool {
        self.0.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }
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

    /// Adds keys that can be signed with, in the place of those of the same names.
    pub(super) fn seat(&mut self, keys: impl IntoIterator<Item = Resolved>) {
        let seats = keys.into_iter().map(Seat::of);
        self.seats
            .extend(seats.map(|seat| (seat.key.name.clone(), seat)));
    }

    /// Takes a key away; requests that are in the line already go on.
    pub(super) fn unseat(&mut self, key: &KeyName) -> Option<InFlight> {
        let seat = self.seats.remove(key)?;
        Some(InFlight(seat.flights))
    }

    /// Puts a request into the line.
    pub(super) fn push(
        &self,
        permit: SigningPermit,
        pin: Option<Given>,
        deadline: Instant,
        reply: oneshot::Sender<Answer>,
    ) -> Result<(), KeystoreError> {
        let seat = self.seat_of(permit.key())?;
        let job = Job {
            handle: seat.handle.clone()?,
            demands: seat.demands,
            _flight: seat.flight.clone(),
            permit,
            pin,
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

    /// Why there is no signing with this key.
    pub(super) fn refusal(&self, key: &BoundKey) -> Option<KeystoreError> {
        match self.seat_of(key) {
            Ok(seat) => seat.handle.clone().err(),
            Err(error) => Some(error),
        }
    }

    /// What a key asks for; nothing where it can't be used.
    pub(super) fn demands(&self, key: &BoundKey) -> Demands {
        let seat = self.seat_of(key).ok().filter(|seat| seat.handle.is_ok());
        seat.map(|seat| seat.demands).unwrap_or_default()
    }

    /// Does any of its keys ask for it?
    pub(super) fn demand(&self, asked: impl Fn(&Demands) -> bool) -> bool {
        let mut usable = self.seats.values().filter(|seat| seat.handle.is_ok());
        usable.any(|seat| asked(&seat.demands))
    }

    fn seat_of(&self, key: &BoundKey) -> Result<&Seat, KeystoreError> {
        match self.seats.get(&key.name) {
            Some(seat) if std::ptr::eq(seat.key.as_ref(), key) || *seat.key == *key => Ok(seat),
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

    /// The thread calls the module, which may take this much longer than other calls.
    pub(super) fn enter(&self, longer: Duration) {
        let begin = self.start.elapsed() + longer;
        let elapsed = u64::try_from(begin.as_millis()).unwrap_or(u64::MAX);
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
