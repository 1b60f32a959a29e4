//! Where callers connect: a Unix socket, made here or handed over by systemd, and TCP with mutual
//! TLS.

mod arriving;
mod credentials;
mod crowd;
mod entrance;
mod leaving;
mod limits;
mod peer;
pub(crate) mod seldom;
mod socket;
mod tether;
mod tls;

use std::{io, sync::Arc};

use tokio::net::UnixStream;
use tokio_stream::{Stream, StreamExt, wrappers::UnixListenerStream};

use self::seldom::Seldom;
pub use self::{
    crowd::{Crowd, ENVELOPE, Place, Rank},
    entrance::Entrance,
    limits::RefuseLayer,
    peer::PeerStream,
    socket::{ListenError, Socket},
    tls::{Listener, Listeners, Loaded, TlsConnection, TlsConnections, TlsError},
};
use crate::config::Serves;

/// The connections of a socket, each with its caller. One whose caller the kernel can't name, or
/// for which there is no place, is closed at once.
///
/// # Errors
/// Where the socket can't be waited on.
pub fn connections(
    socket: &Socket,
    entrance: Entrance,
) -> Result<impl Stream<Item = io::Result<PeerStream<UnixStream>>> + use<>, ListenError> {
    let incoming = UnixListenerStream::new(socket.listener()?);
    let closed = Seldom::default();
    Ok(incoming.filter_map(move |stream| {
        let admitted = stream.and_then(|stream| {
            let caller = Arc::new(credentials::caller(&stream)?);
            let places = entrance.admit(&caller, Serves::Privyseal);
            let places = places.map_err(io::Error::other)?;
            Ok(PeerStream::new(stream, caller, places))
        });
        match admitted {
            Ok(stream) => Some(Ok(stream)),
            Err(error) => {
                if let Some(untold) = closed.turn(()) {
                    tracing::warn!(%error, untold, "a connection was closed at once");
                }
                None
            }
        }
    }))
}
