//! Reads a segment's frames in their order, through a large buffer.

use std::{fs::File, io, os::unix::fs::FileExt};

use super::frame::{self, Header};

/// Room for several of the largest frames.
const BUFFER: usize = 4 << 20;

/// The frames of a segment from some offset on.
pub(super) struct Frames<'f> {
    file: &'f File,
    /// Offset in the file of the buffer's first byte.
    base: u64,
    /// Where the next frame begins in the buffer.
    next: usize,
    /// How much of the buffer has been filled.
    filled: usize,
    buffer: Vec<u8>,
}

/// A whole frame.
pub(super) struct Frame<'b> {
    pub(super) header: Header,
    pub(super) payload: &'b [u8],
    /// Where the frame begins in the segment.
    pub(super) offset: u64,
}

impl<'f> Frames<'f> {
    pub(super) fn new(file: &'f File, offset: u64) -> Self {
        Self {
            file,
            base: offset,
            next: 0,
            filled: 0,
            buffer: vec![0; BUFFER],
        }
    }

    /// Where the next frame begins, or the first one that is not whole.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.next as u64
    }

    /// The next frame; none where what follows is not a whole frame.
    pub(super) fn next(&mut self) -> io::Result<Option<Frame<'_>>> {
        self.want(frame::HEADER)?;
        let Some(header) = Header::parse(self.rest()) else {
            return Ok(None);
        };
        self.want(header.frame_length())?;
        if header.payload(self.rest()).is_none() {
            return Ok(None);
        }
        let offset = self.offset();
        let start = self.next + frame::HEADER;
        self.next += header.frame_length();
        let payload = self.buffer.get(start..start + header.length);
        Ok(payload.map(|payload| Frame {
            header,
            payload,
            offset,
        }))
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.next..self.filled).unwrap_or_default()
    }

    /// Fills the buffer so that `length` bytes follow, or all that the file has.
    fn want(&mut self, length: usize) -> io::Result<()> {
        if self.filled - self.next >= length {
            return Ok(());
        }
        self.buffer.copy_within(self.next..self.filled, 0);
        self.base += self.next as u64;
        self.filled -= self.next;
        self.next = 0;
        while let Some(free) = self
            .buffer
            .get_mut(self.filled..)
            .filter(|free| !free.is_empty())
        {
            match self.file.read_at(free, self.base + self.filled as u64) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
