//! One changed byte anywhere in the frames is an error that names the record.

use std::{fs::OpenOptions, os::unix::fs::FileExt};

use proptest::prelude::*;

use super::sample::Sample;
use crate::LedgerError;

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
