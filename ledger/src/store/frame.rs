//! One record on disk: header, payload, padding, trailer. docs/ledger.md draws the bytes.
//!
//! A frame begins and ends with non-zero bytes and has a length of a multiple of 8, so wherever a
//! sector boundary cuts it, each piece holds a non-zero byte, and still does when any one byte of
//! it is changed. [`super::tail`] builds on that.

/// Frames begin at multiples of this, as does everything in a segment.
pub(super) const ALIGN: usize = 8;
/// The largest frame in bytes.
const MAX_FRAME: usize = 1 << 20;
pub(super) const HEADER: usize = 28;
const TRAILER: usize = 8;
/// The shortest frame's length.
pub(super) const MIN_FRAME: usize = (HEADER + TRAILER).next_multiple_of(ALIGN);
/// The longest record, in bytes.
pub const MAX_RECORD: usize = MAX_FRAME - HEADER - TRAILER - ALIGN;

/// 0xF5 never occurs in UTF-8: no text in a record looks like a frame.
const MAGIC: [u8; 4] = *b"\xF5PSR";
const END: [u8; 4] = *b"\xF5END";

/// What a frame says of itself before its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Length of the record in bytes.
    pub(super) length: usize,
    /// Index of the record in the ledger.
    pub(super) index: u64,
    /// Index of the first record that was written and synced together with this one.
    pub(super) batch: u64,
}

impl Header {
    /// Reads a header from the first bytes of `bytes`; none where they are not one, whole and
    /// with its checksum.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (fields, rest) = bytes.split_first_chunk::<{ HEADER - 4 }>()?;
        let checksum = rest.first_chunk()?;
        if fields.first_chunk() != Some(&MAGIC)
            || crc32c::crc32c(fields) != u32::from_le_bytes(*checksum)
        {
            return None;
        }
        let (length, rest) = fields.get(4..)?.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let index = u64::from_le_bytes(*index);
        let batch = u64::from_le_bytes(*rest.first_chunk()?);
        (length <= MAX_RECORD).then_some(Self {
            length,
            index,
            batch,
        })
    }

    /// Length of the whole frame in bytes.
    pub(super) fn frame_length(&self) -> usize {
        frame_length(self.length)
    }

    /// The record in `frame`, which begins with this header; none where payload, padding or
    /// trailer are not as written.
    pub(super) fn payload<'f>(&self, frame: &'f [u8]) -> Option<&'f [u8]> {
        let frame = frame.get(..self.frame_length())?;
        let (payload, rest) = frame.get(HEADER..)?.split_at_checked(self.length)?;
        let (padding, trailer) = rest.split_at_checked(rest.len().checked_sub(TRAILER)?)?;
        let whole = padding.iter().all(|byte| *byte == 0) && trailer == self::trailer(payload);
        whole.then_some(payload)
    }
}

/// Length of the frame around a record of `length` bytes.
pub(super) fn frame_length(length: usize) -> usize {
    (HEADER + length + TRAILER).next_multiple_of(ALIGN)
}

/// Appends the frame of `record` to `out`, whose length is a multiple of 8.
pub(super) fn encode(record: &[u8], index: u64, batch: u64, out: &mut Vec<u8>) {
    let start = out.len();
    // Records are at most MAX_RECORD long: Store::append refuses others.
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    let mut header = [0; HEADER - 4];
    let fields: [&[u8]; 4] = [
        &MAGIC,
        &length.to_le_bytes(),
        &index.to_le_bytes(),
        &batch.to_le_bytes(),
    ];
    for (to, from) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    out.extend_from_slice(&header);
    out.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
    out.extend_from_slice(record);
    out.resize(start + frame_length(record.len()) - TRAILER, 0);
    out.extend_from_slice(&trailer(record));
}

fn trailer(payload: &[u8]) -> [u8; TRAILER] {
    let mut trailer = [0; TRAILER];
    let (checksum, end) = trailer.split_at_mut(4);
    checksum.copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    end.copy_from_slice(&END);
    trailer
}
