//! A connection of which little is read before its handshake is done.
//!
//! rustls keeps up to 64 KiB of an unfinished message, and there may be thousands of handshakes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// So many bytes a handshake may have, about: a ClientHello has two thousand, and a chain of large
/// certificates ten thousand.
const HANDSHAKE: usize = 32 * 1024;

/// A socket whose bytes are counted until that is lifted.
#[derive(Debug)]
pub struct Measured {
    stream: TcpStream,
    left: Option<usize>,
}

impl Measured {
    pub(super) fn new(stream: TcpStream) -> Self {
        let left = Some(HANDSHAKE);
        Self { stream, left }
    }

    /// From here on there may be any number.
    pub(super) fn lift(&mut self) {
        self.left = None;
    }

    fn count(&mut self, read: usize) -> io::Result<()> {
        let Some(left) = &mut self.left else {
            return Ok(());
        };
        *left = left.checked_sub(read).ok_or_else(|| {
            let message = format!("more than {HANDSHAKE} bytes, and the handshake is not done");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        Ok(())
    }
}

impl AsyncRead for Measured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        read.map(|read| read.and_then(|()| self.count(buf.filled().len().saturating_sub(before))))
    }
}

impl AsyncWrite for Measured {
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
