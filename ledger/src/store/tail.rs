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
    let Some(last) = tail.iter().rposition(|byte| *byte != 0) else {
        return Verdict::Clean;
    };
    if has_later_batch(tail, expected) {
        return Verdict::Damage("its bytes are not what was written, and later records follow it");
    }
    // A header that can be read tells how far this very record goes; else it may be anything up to
    // the last byte, but no frame is shorter than the shortest.
    let length = Header::parse(tail)
        .map_or_else(|| (last + 1).max(MIN_FRAME), |header| header.frame_length());
    if has_zero_piece(tail.get(..length).unwrap_or(tail), offset) {
        Verdict::Torn(last as u64 + 1)
    } else {
        Verdict::Damage("its bytes are not what was written, though every part reached the disk")
    }
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
