//! Whichever sectors of the last batch reached the disk, nothing before it is lost.

use std::{fs, ops::Range};

use proptest::prelude::*;

use super::sample::{Sample, note, notes};
use crate::store::segment;

const SECTOR: usize = 512;

/// A ledger before and after its last batch.
struct Interrupted {
    sample: Sample,
    before: Vec<u8>,
    after: Vec<u8>,
    /// The records before the last batch.
    durable: u64,
    /// The sectors that the last batch touches.
    sectors: Range<usize>,
}

impl Interrupted {
    fn new(batches: &[Vec<usize>], last: &[usize]) -> Self {
        let (sample, mut store) = Sample::new();
        for batch in batches {
            store.append(&notes(batch)).unwrap();
        }
        let durable = store.head().size;
        let (before, start) = (sample.bytes(), *sample.offsets().last().unwrap() as usize);
        store.append(&notes(last)).unwrap();
        drop(store);
        let (after, end) = (sample.bytes(), *sample.offsets().last().unwrap() as usize);
        let sectors = start / SECTOR..end.div_ceil(SECTOR);
        Self {
            sample,
            before,
            after,
            durable,
            sectors,
        }
    }

    /// Opens the ledger with only some of the last batch's sectors, and goes on with it.
    fn open_with(&self, persisted: impl Fn(usize) -> bool) {
        let mut bytes = self.before.clone();
        // The file's length had been made durable before.
        bytes.resize(self.after.len(), 0);
        for sector in self.sectors.clone().filter(|sector| persisted(*sector)) {
            let range = sector * SECTOR..(sector + 1) * SECTOR;
            bytes[range.clone()].copy_from_slice(&self.after[range]);
        }
        fs::write(self.sample.segment(0), bytes).unwrap();
        let (mut store, replay) = self.sample.open().unwrap();
        let size = replay.summary.head.size;
        assert!(size >= self.durable, "{size} of {} records", self.durable);
        assert!(!replay.clean());
        let head = store.append(&[note(40)]).unwrap();
        assert_eq!(head.size, size + 1);
        drop(store);
        let again = self.sample.verify().unwrap();
        assert_eq!((again.summary.head, again.torn_bytes), (head, 0));
    }
}

#[test]
fn every_subset_of_sectors_opens() {
    let layouts: [(&[usize], &[usize]); 4] = [
        (&[10], &[700, 900, 100, 30]),
        (&[333], &[10, 20, 30, 40, 50, 60, 70, 80, 500]),
        (&[5, 480], &[2500]),
        (&[1], &[1, 1]),
    ];
    for (before, last) in layouts {
        let interrupted = Interrupted::new(&[before.to_vec()], last);
        let first = interrupted.sectors.start;
        for subset in 0..1_u32 << interrupted.sectors.len() {
            interrupted.open_with(|sector| subset >> (sector - first) & 1 == 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A prefix of the sectors, as a file system that writes in order leaves it, and any subset.
    #[test]
    fn any_interrupted_batch_opens(
        batches in prop::collection::vec(prop::collection::vec(0..900_usize, 1..4), 1..4),
        last in prop::collection::vec(0..3000_usize, 1..8),
        subset: u64,
    ) {
        let interrupted = Interrupted::new(&batches, &last);
        let sectors = interrupted.sectors.clone();
        for end in sectors.start..=sectors.end {
            interrupted.open_with(|sector| sector < end);
        }
        interrupted.open_with(|sector| subset >> (sector % 64) & 1 == 1);
    }
}

#[test]
fn a_batch_of_which_nothing_was_written_leaves_no_mark() {
    let interrupted = Interrupted::new(&[vec![50]], &[60]);
    fs::write(interrupted.sample.segment(0), &interrupted.before).unwrap();
    let (_, replay) = interrupted.sample.open().unwrap();
    assert_eq!((replay.summary.head.size, replay.torn_bytes), (3, 0));
}

#[test]
fn torn_bytes_are_counted_and_zeroed() {
    let interrupted = Interrupted::new(&[vec![50]], &[3000]);
    let start = interrupted.sample.offsets()[3] as usize;
    let cut = interrupted.sectors.start + 2;
    let mut bytes = interrupted.after.clone();
    bytes[cut * SECTOR..].fill(0);
    fs::write(interrupted.sample.segment(0), &bytes).unwrap();
    let (_, replay) = interrupted.sample.open().unwrap();
    assert_eq!(replay.torn_bytes as usize, cut * SECTOR - start);
    assert_eq!(interrupted.sample.bytes(), interrupted.before);
}

#[test]
fn a_torn_batch_before_a_later_one_is_damage() {
    let sample = Sample::of(&[vec![3000], vec![20]]);
    let mut bytes = sample.bytes();
    let start = (sample.offsets()[2] as usize).next_multiple_of(SECTOR);
    bytes[start..start + SECTOR].fill(0);
    fs::write(segment::path(&sample.dir(), 0), bytes).unwrap();
    let error = sample.open().err().unwrap();
    assert!(error.to_string().contains("damaged at record 2"), "{error}");
}
