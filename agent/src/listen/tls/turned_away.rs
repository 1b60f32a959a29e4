//! What the log says of connections that came to nothing. Strangers must not fill it, so each kind
//! gets a line in ten seconds, which counts those that got none.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Between two lines of a kind.
const PAUSE: Duration = Duration::from_secs(10);

/// Counts them by kind.
#[derive(Debug, Default)]
pub(super) struct TurnedAway(Mutex<HashMap<Kind, Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    untold: u64,
}

/// Why a connection came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Plain HTTP, or anything else.
    NotTls,
    /// None was sent.
    NoCertificate,
    /// One was sent that is not trusted.
    Untrusted,
    /// The two sides can't agree, or the other side ended it.
    Failed,
    /// It went away: port scanners, and load balancers that look whether somebody listens.
    Gone,
    /// No handshake within the time.
    Slow,
    /// Others came, and there was no room.
    Displaced,
    /// As many connections as are allowed are open.
    Full,
}

impl Kind {
    /// Of a handshake that failed.
    pub(super) fn of(error: &io::Error) -> Self {
        let tls = error.get_ref().and_then(|error| error.downcast_ref());
        match tls {
            Some(rustls::Error::InvalidMessage(_)) => Self::NotTls,
            Some(rustls::Error::NoCertificatesPresented) => Self::NoCertificate,
            Some(rustls::Error::InvalidCertificate(_)) => Self::Untrusted,
            Some(_) => Self::Failed,
            None => Self::Gone,
        }
    }
}

impl TurnedAway {
    /// A line, where it is time for one.
    pub(super) fn tell(&self, from: SocketAddr, kind: Kind, why: &dyn std::fmt::Display) {
        let Some(untold) = self.turn(kind, Instant::now()) else {
            return;
        };
        match kind {
            Kind::Gone => tracing::debug!(%from, untold, "a connection came to nothing: {why}"),
            _ => tracing::info!(%from, untold, "a connection was turned away: {why}"),
        }
    }

    /// Is it time for a line? Then the number of those that got none.
    fn turn(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock();
        let Some(told) = kinds.get_mut(&kind) else {
            kinds.insert(kind, Told { at: now, untold: 0 });
            return Some(0);
        };
        if now.duration_since(told.at) < PAUSE {
            told.untold = told.untold.saturating_add(1);
            return None;
        }
        told.at = now;
        Some(std::mem::take(&mut told.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_one_line_and_a_number() {
        let (turned, start) = (TurnedAway::default(), Instant::now());
        assert_eq!(turned.turn(Kind::NotTls, start), Some(0));
        for _ in 0..1_000 {
            assert_eq!(turned.turn(Kind::NotTls, start), None);
        }
        assert_eq!(turned.turn(Kind::Slow, start), Some(0), "another kind");
        assert_eq!(turned.turn(Kind::NotTls, start + PAUSE), Some(1_000));
        assert_eq!(turned.turn(Kind::NotTls, start + PAUSE), None);
        assert_eq!(turned.turn(Kind::NotTls, start + 2 * PAUSE), Some(1));
    }
}
