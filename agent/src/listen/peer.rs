//! A connection with its caller's credentials, taken from the kernel when it was accepted.

#![allow(unsafe_code)] // SO_PEERGROUPS has no safe wrapper in the crates that we use

use std::{
    io,
    mem::size_of,
    os::fd::{AsRawFd, RawFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tonic::transport::server::Connected;

use crate::caller::Caller;

/// More groups than a Linux process may have (NGROUPS_MAX).
const MAX_GROUPS: usize = 65_536;

/// A connected caller.
#[derive(Debug)]
pub struct PeerStream {
    stream: UnixStream,
    caller: Arc<Caller>,
    places: Vec<OwnedSemaphorePermit>,
}

impl PeerStream {
    /// Asks the kernel who is at the other end.
    ///
    /// # Errors
    /// Where it does not say.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let groups = peer_groups(stream.as_raw_fd())?;
        let caller = Arc::new(Caller::process(
            credentials.uid(),
            credentials.gid(),
            groups,
        ));
        let places = Vec::new();
        Ok(Self {
            stream,
            caller,
            places,
        })
    }

    /// Who is at the other end.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Takes a place until the connection ends.
    pub(super) fn take(&mut self, places: &Arc<Semaphore>) -> io::Result<()> {
        let place = Arc::clone(places).try_acquire_owned();
        let full = |_| io::Error::other(format!("no place left for {}", self.caller.name()));
        self.places.push(place.map_err(full)?);
        Ok(())
    }
}

/// The supplementary groups of the process that connected: socket(7), SO_PEERGROUPS.
fn peer_groups(socket: RawFd) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 32];
    loop {
        let capacity = groups.len().saturating_mul(size_of::<libc::gid_t>());
        let mut length =
            libc::socklen_t::try_from(capacity).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: `groups` is valid for `length` bytes, and the kernel writes at most that many
        // and sets `length` to what it wrote, or to what it needs with ERANGE.
        let result = unsafe {
            libc::getsockopt(
                socket,
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let count = usize::try_from(length).unwrap_or(usize::MAX) / size_of::<libc::gid_t>();
        if result == 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::ERANGE) || count <= groups.len() || count > MAX_GROUPS
        {
            return Err(error);
        }
        groups.resize(count, 0);
    }
}

impl Connected for PeerStream {
    type ConnectInfo = Arc<Caller>;

    fn connect_info(&self) -> Arc<Caller> {
        Arc::clone(&self.caller)
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
