//! What the log says of connections that came to nothing.

use std::{fmt::Display, io, net::SocketAddr};

use crate::listen::seldom::Seldom;

/// Tells of them, of each kind now and then.
#[derive(Debug, Default)]
pub(super) struct TurnedAway(Seldom<Kind>);

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
            // Too many bytes: not the system's word.
            None if error.kind() == io::ErrorKind::InvalidData => Self::Failed,
            None => Self::Gone,
        }
    }
}

impl TurnedAway {
    /// A line, where it is time for one.
    pub(super) fn tell(&self, from: SocketAddr, kind: Kind, why: &dyn Display) {
        let Some(untold) = self.0.turn(kind) else {
            return;
        };
        match kind {
            Kind::Gone => tracing::debug!(%from, untold, "a connection came to nothing: {why}"),
            _ => tracing::info!(%from, untold, "a connection was turned away: {why}"),
        }
    }
}
