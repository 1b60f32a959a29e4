//! A file that was cut is truncated, wherever it was cut; a file that is gone is missing.

use std::fs::{self, OpenOptions};

use super::sample::{Sample, note};
use crate::{Hash, LedgerError, store::disk::CHUNK};

fn cut(sample: &Sample, length: u64) {
    OpenOptions::new()
        .write(true)
        .open(sample.segment(0))
        .unwrap()
        .set_len(length)
        .unwrap();
}

fn assert_truncated_at(sample: &Sample, length: u64, expected: u64) {
    let result = sample.verify();
    assert!(
        matches!(result, Err(LedgerError::Truncated { record, .. }) if record == expected),
        "cut at {length}: {result:?}"
    );
    assert_eq!(result.unwrap_err().reason(), "LEDGER_TRUNCATED");
}

#[test]
fn a_cut_anywhere_is_noticed() {
    let sample = Sample::of(&[vec![10, 20], vec![300]]);
    let offsets = sample.offsets();
    let end = offsets.last().copied().unwrap();
    for length in [CHUNK + 1, CHUNK - 1]
        .into_iter()
        .chain((0..end + 50).rev())
    {
        cut(&sample, length);
        let whole = offsets[1..].iter().filter(|end| **end <= length).count() as u64;
        assert_truncated_at(&sample, length, whole);
    }
}

#[test]
fn a_cut_on_a_chunk_is_noticed() {
    let sample = Sample::of(&[vec![900_000], vec![900_000], vec![5]]);
    let offsets = sample.offsets();
    assert_eq!(sample.bytes().len() as u64, 4 * CHUNK);
    for chunks in (0..4).rev() {
        cut(&sample, chunks * CHUNK);
        let whole = offsets[1..]
            .iter()
            .filter(|end| **end <= chunks * CHUNK)
            .count() as u64;
        assert_truncated_at(&sample, chunks * CHUNK, whole);
    }
}

#[test]
fn a_cut_where_a_record_ends_on_a_chunk_is_noticed() {
    let (sample, mut store) = Sample::new();
    let room = CHUNK - sample.offsets()[2];
    let frame = |length| crate::store::frame::frame_length(note(length).len()) as u64;
    let length = (0..room)
        .rev()
        .map(|length| length as usize)
        .find(|l| frame(*l) == room);
    store.append(&[note(length.unwrap())]).unwrap();
    drop(store);
    assert_eq!(sample.offsets()[3], CHUNK);
    assert_eq!(sample.bytes().len() as u64, 2 * CHUNK);
    cut(&sample, CHUNK);
    assert_truncated_at(&sample, CHUNK, 3);
}

#[test]
fn a_ledger_that_is_gone_is_missing() {
    let (sample, store) = Sample::new();
    drop(store);
    fs::remove_file(sample.segment(0)).unwrap();
    let error = sample.open().err().unwrap();
    assert_eq!(error.reason(), "LEDGER_MISSING");
    assert!(error.to_string().contains("never a first start"), "{error}");
    fs::remove_dir_all(sample.dir()).unwrap();
    assert_eq!(sample.open().err().unwrap().reason(), "LEDGER_MISSING");
    assert!(!sample.dir().exists(), "a refusal leaves nothing behind");
}

#[test]
fn another_ledger_is_foreign() {
    let (sample, store) = Sample::new();
    drop(store);
    let result = super::sample::verify(&sample.dir(), Hash([1; 32]));
    assert_eq!(result.unwrap_err().reason(), "LEDGER_FOREIGN");
}
