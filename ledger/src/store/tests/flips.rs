//! One changed byte anywhere in the frames is an error that names the record.

use std::{fs::OpenOptions, os::unix::fs::FileExt};

use proptest::prelude::*;

use super::sample::{Sample, note};
use crate::{
    LedgerError,
    store::{
        frame::{self, ALIGN},
        tail::{self, Verdict},
    },
};

/// Writes `byte` at `position`, verifies, and puts the byte back.
fn verify_with(sample: &Sample, position: u64, byte: u8) -> Result<(), LedgerError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(sample.segment(0))
        .unwrap();
    let mut before = [0];
    file.read_exact_at(&mut before, position).unwrap();
    file.write_all_at(&[byte], position).unwrap();
    let verified = sample.verify();
    file.write_all_at(&before, position).unwrap();
    verified.map(|_| ())
}

fn is_damage_at(result: &Result<(), LedgerError>, expected: u64) -> bool {
    matches!(result, Err(LedgerError::Damaged { record, .. }) if *record == expected)
}

fn record_at(offsets: &[u64], position: u64) -> u64 {
    let begun = offsets.iter().filter(|offset| **offset <= position).count() as u64;
    begun.saturating_sub(1)
}

#[test]
fn every_byte_of_a_small_ledger_counts() {
    let sample = Sample::of(&[vec![10, 20, 30], vec![500], vec![7, 600]]);
    let offsets = sample.offsets();
    let bytes = sample.bytes();
    sample.verify().unwrap();
    for (position, byte) in (0..*offsets.last().unwrap()).zip(bytes) {
        let record = record_at(&offsets, position);
        for other in [byte ^ 1, byte ^ 0x80, !byte, 0] {
            let result = verify_with(&sample, position, other);
            assert!(
                other == byte || is_damage_at(&result, record),
                "byte {position}: {byte} to {other} in record {record} gave {result:?}"
            );
        }
    }
    sample.verify().unwrap();
}

/// Frames with good checksums, in the wrong order or of a batch that never was.
#[test]
fn a_whole_frame_in_the_wrong_place_is_damage() {
    let sample = Sample::of(&[vec![20, 20, 20]]);
    let offsets = sample.offsets();
    let file = OpenOptions::new()
        .write(true)
        .open(sample.segment(0))
        .unwrap();
    let mut frames = Vec::new();
    let starts = frame::encode_batch(&[note(20), note(20)], 3, &mut frames).unwrap();
    // Record 4 claims a batch from record 3 on, and record 3 says otherwise.
    file.write_all_at(&frames[starts[1] as usize..], offsets[4])
        .unwrap();
    assert!(is_damage_at(&sample.verify().map(|_| ()), 4));
    file.write_all_at(&frames[..starts[1] as usize], offsets[2])
        .unwrap();
    assert!(is_damage_at(&sample.verify().map(|_| ()), 2));
}

/// The pieces at a frame's ends, however short, are never all zero after a flip.
#[test]
fn wherever_sectors_cut_the_last_frame() {
    for length in (0..40).step_by(8).chain([500]) {
        let mut tail = Vec::new();
        frame::encode_batch(&[note(length)], 5, &mut tail).unwrap();
        let written = tail.len();
        tail.resize(written + 600, 0);
        for offset in (0..512).step_by(ALIGN) {
            for position in (0..8).chain(written - 8..written) {
                let byte = std::mem::take(&mut tail[position]);
                let verdict = tail::judge(&tail, offset, 5);
                tail[position] = byte;
                assert!(
                    matches!(verdict, Verdict::Damage(_)),
                    "{length} {offset} {position}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Wherever sectors cut the records, and whichever byte takes whichever value.
    #[test]
    fn every_byte_of_any_ledger_counts(
        batches in prop::collection::vec(prop::collection::vec(0..1200_usize, 1..4), 0..5),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 40),
    ) {
        let sample = Sample::of(&batches);
        let offsets = sample.offsets();
        let bytes = sample.bytes();
        let end = usize::try_from(*offsets.last().unwrap()).unwrap();
        for (position, flip) in flips {
            let position = position.index(end);
            let record = record_at(&offsets, position as u64);
            for other in [bytes[position] ^ flip, 0] {
                let result = verify_with(&sample, position as u64, other);
                prop_assert!(
                    other == bytes[position] || is_damage_at(&result, record),
                    "byte {} to {} in record {} gave {:?}", position, other, record, result
                );
            }
        }
    }
}
