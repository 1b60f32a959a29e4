//! Where callers connect: a Unix socket, made here or handed over by systemd.

mod limits;
mod peer;
mod socket;

use std::{io, num::NonZeroU32, sync::Arc};

use tokio::sync::Semaphore;
use tokio_stream::{Stream, StreamExt, wrappers::UnixListenerStream};

pub use self::{
    limits::RefuseLayer,
    peer::PeerStream,
    socket::{ListenError, Socket},
};

/// The connections of a socket, each with its caller.
///
/// One whose caller the kernel can't name, and one above `most`, is closed at once.
///
/// # Errors
/// Where the socket can't be waited on.
pub fn connections(
    socket: &Socket,
    most: NonZeroU32,
) -> Result<impl Stream<Item = io::Result<PeerStream>> + use<>, ListenError> {
    let places = Arc::new(Semaphore::new(most.get() as usize));
    let incoming = UnixListenerStream::new(socket.listener()?);
    Ok(incoming.filter_map(move |stream| {
        let place = Arc::clone(&places).try_acquire_owned();
        let place = place.map_err(|_| io::Error::other(format!("{most} callers are connected")));
        match stream.and_then(|stream| PeerStream::new(stream, place?)) {
            Ok(stream) => Some(Ok(stream)),
            Err(error) => {
                tracing::warn!(%error, "a connection was closed at once");
                None
            }
        }
    }))
}
