//! What ends a connection of a certificate's holder: silence, and the end of the certificate.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep},
};

use super::tls::Entry;
use crate::caller::Standing;

/// So long a connection stays whose certificate fell. Nothing is done for it, but who asks is told
/// why.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often the time that a certificate has left is looked at, at least: clocks are set.
const LOOK: Duration = Duration::from_secs(60);

/// Ends a connection when it is time.
#[derive(Debug)]
pub(super) struct Tether {
    idle: Duration,
    heard: Instant,
    standing: Arc<Standing>,
    fallen: oneshot::Receiver<()>,
    ends: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    _entry: Entry,
}

impl Tether {
    /// For a connection that is closed when nothing arrived for `idle`, when its certificate
    /// expires, or when its entry goes, which `fallen` hears.
    pub(super) fn new(
        idle: Duration,
        standing: Arc<Standing>,
        (entry, fallen): (Entry, oneshot::Receiver<()>),
    ) -> Self {
        Self {
            idle,
            heard: Instant::now(),
            standing,
            fallen,
            ends: None,
            // Set at the first look.
            timer: Box::pin(sleep(Duration::ZERO)),
            _entry: entry,
        }
    }

    /// Something arrived.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Is it time? Wakes when it is.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.ends.is_none() && Pin::new(&mut self.fallen).poll(cx).is_ready() {
            self.fall();
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            if self.ends.is_some_and(|ends| ends <= now) {
                let why = "the client's certificate no longer stands";
                return Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, why));
            }
            let silent_until = self.heard + self.idle;
            if silent_until <= now {
                let why = "nothing arrived for the idle time";
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            let left = self.standing.left();
            if self.ends.is_none() && left.is_zero() {
                self.fall();
            }
            let next = self.ends.unwrap_or_else(|| now + left.min(LOOK));
            self.timer.as_mut().reset(next.min(silent_until));
        }
    }

    fn fall(&mut self) {
        let ends = Instant::now() + LAST_WORDS;
        self.ends = Some(ends);
        self.timer.as_mut().reset(ends);
    }
}
