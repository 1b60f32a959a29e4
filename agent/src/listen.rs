//! Where callers connect: a Unix socket, made here or handed over by systemd.

mod limits;
mod peer;
mod socket;

use std::{io, num::NonZeroU32, sync::Arc};

use tokio::sync::Semaphore;
use tokio_stream::{Stream, StreamExt, wrappers::UnixListenerStream};

use crate::grant::Grants;

pub use self::{
    limits::RefuseLayer,
    peer::PeerStream,
    socket::{ListenError, Socket},
};

/// The connections of a socket, each with its caller.
///
/// One whose caller the kernel can't name is closed at once, and so is one above `most`, or of a
/// stranger above an eighth of that: strangers, who are only told no, must not keep others out.
///
/// # Errors
/// Where the socket can't be waited on.
pub fn connections(
    socket: &Socket,
    most: NonZeroU32,
    grants: Grants,
) -> Result<impl Stream<Item = io::Result<PeerStream>> + use<>, ListenError> {
    let most = most.get() as usize;
    let places = Arc::new(Semaphore::new(most));
    let strangers = Arc::new(Semaphore::new((most / 8).max(1)));
    let incoming = UnixListenerStream::new(socket.listener()?);
    Ok(incoming.filter_map(move |stream| {
        let admitted = stream.and_then(|stream| {
            let mut stream = PeerStream::new(stream)?;
            stream.take(&places)?;
            if !grants.knows(stream.caller()) {
                stream.take(&strangers)?;
            }
            Ok(stream)
        });
        match admitted {
            Ok(stream) => Some(Ok(stream)),
            Err(error) => {
                tracing::warn!(%error, "a connection was closed at once");
                None
            }
        }
    }))
}
