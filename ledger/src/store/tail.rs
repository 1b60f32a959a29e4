//! What stands after the last good record: nothing, the mark of a crash, or damage.
//!
//! A batch is synced before the next one is written, and a write that did not reach the disk
//! leaves whole sectors as they were, which is zero. So a record that a crash tore has a sector
//! (or its part of one) that is all zero, and nothing of a later batch follows it. Everything else
//! was whole once, and was changed.

use super::frame::{ALIGN, Header, MIN_FRAME};

/// Disks write sectors of this size or a multiple of it as one.
const SECTOR: usize = 512;

/// What a tail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing but zeros: the ledger ends here.
    Clean,
    /// The last batch did not reach the disk whole; this many bytes of it are to be dropped.
    Torn(u64),
    /// No crash leaves this.
    Damage(&'static str),
}

/// Judges the bytes from the first frame that is not whole (at `offset` of its segment, where
/// record `expected` should stand) to the end of the segment.
pub(super) fn judge(tail: &[u8], offset: u64, expected: u64) -> Verdict {
    let written = written(tail);
    if written.is_empty() {
        return Verdict::Clean;
    }
    if has_later_batch(written, expected) {
        return Verdict::Damage("its bytes are not what was written, and later records follow it");
    }
    // A header that can be read tells how far this very record goes; else it may go up to the last
    // byte written, and no frame is shorter than the shortest.
    let length = Header::parse(tail).map_or_else(
        || written.len().max(MIN_FRAME),
        |header| header.frame_length(),
    );
    if has_zero_piece(tail.get(..length).unwrap_or(tail), offset) {
        Verdict::Torn(written.len() as u64)
    } else {
        Verdict::Damage("its bytes are not what was written, though every part reached the disk")
    }
}

/// The tail without the zeros at its end.
fn written(mut tail: &[u8]) -> &[u8] {
    while let Some(rest) = tail.strip_suffix(&[0; SECTOR]) {
        tail = rest;
    }
    let length = tail
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    tail.get(..length).unwrap_or_default()
}

fn has_later_batch(tail: &[u8], expected: u64) -> bool {
    let starts = (0..tail.len()).step_by(ALIGN);
    starts
        .filter_map(|start| Header::parse(tail.get(start..)?))
        .any(|header| header.batch > expected)
}

/// Whether one of the pieces into which sector boundaries cut `region` is all zero.
fn has_zero_piece(region: &[u8], offset: u64) -> bool {
    let before = (offset % SECTOR as u64) as usize;
    let (first, rest) = region.split_at(region.len().min(SECTOR - before));
    let zero = |piece: &[u8]| piece.iter().all(|byte| *byte == 0);
    zero(first) || rest.chunks(SECTOR).any(zero)
}
