//! A ledger's segment on disk, to do to it what no crash does. docs/ledger.md draws its bytes.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The segment header's length.
const FIRST_FRAME: usize = 96;
const FRAME_HEADER: usize = 28;
const MAGIC: &[u8] = b"\xF5PSR";

/// The first segment of a ledger that nobody writes.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Where a record stands.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The frame's first byte.
    pub offset: usize,
    /// The record's bytes.
    pub record: Range<usize>,
}

impl Segment {
    /// The first segment of the ledger in this directory.
    #[must_use]
    pub fn first(ledger: &Path) -> Self {
        let path = ledger.join("00000000.seg");
        let bytes = fs::read(&path).unwrap();
        Self { path, bytes }
    }

    /// Its frames, by the index of their record.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut offset = FIRST_FRAME;
        while self.bytes[offset..].starts_with(MAGIC) {
            let length = self.bytes[offset + 4..offset + 8].try_into().unwrap();
            let begin = offset + FRAME_HEADER;
            let end = begin + usize::try_from(u32::from_le_bytes(length)).unwrap();
            frames.push(Frame {
                offset,
                record: begin..end,
            });
            offset = (end + 8).next_multiple_of(8);
        }
        frames
    }

    /// A record's bytes.
    #[must_use]
    pub fn record(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.record.clone()]
    }

    /// Changes one bit.
    pub fn flip(&mut self, offset: usize) {
        self.bytes[offset] ^= 1;
        self.write();
    }

    /// Ends the file at `offset`.
    pub fn cut(&mut self, offset: usize) {
        self.bytes.truncate(offset);
        self.write();
    }

    /// Overwrites all from `offset` on with zeros, as if it had never been written.
    pub fn erase(&mut self, offset: usize) {
        self.bytes[offset..].fill(0);
        self.write();
    }

    /// Changes one bit of a record's byte at `at`, and mends the frame's checksum.
    pub fn rewrite(&mut self, frame: &Frame, at: usize) {
        self.bytes[frame.record.start + at] ^= 1;
        let checksum = crc32c::crc32c(self.record(frame)).to_le_bytes();
        let trailer = (frame.record.end + 8).next_multiple_of(8) - 8;
        self.bytes[trailer..trailer + 4].copy_from_slice(&checksum);
        self.write();
    }

    fn write(&self) {
        fs::write(&self.path, &self.bytes).unwrap();
    }
}
