//! A connection with its caller.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use super::{entrance::Places, tether::Tether};
use crate::caller::Caller;

/// A connected caller, with its place among the connections.
#[derive(Debug)]
pub struct PeerStream<S> {
    stream: S,
    caller: Arc<Caller>,
    tether: Option<Tether>,
    _places: Places,
}

impl<S> PeerStream<S> {
    pub(super) fn new(stream: S, caller: Arc<Caller>, places: Places) -> Self {
        Self {
            stream,
            caller,
            tether: None,
            _places: places,
        }
    }

    /// Ends when the tether says so.
    pub(super) fn tethered(self, tether: Tether) -> Self {
        let tether = Some(tether);
        Self { tether, ..self }
    }
}

/// Every request carries its caller.
impl<S> Connected for PeerStream<S> {
    type ConnectInfo = Arc<Caller>;

    fn connect_info(&self) -> Arc<Caller> {
        Arc::clone(&self.caller)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PeerStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(tether) = &mut this.tether else {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        };
        if let Poll::Ready(why) = tether.poll(cx) {
            tracing::debug!(caller = this.caller.name(), "a connection is closed: {why}");
            return Poll::Ready(Err(why));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            tether.heard();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PeerStream<S> {
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
