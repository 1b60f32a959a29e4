//! Writes that fail: nothing half recorded, and the ledger goes on when the cause is gone.

use std::fs;

use super::{
    faulty::Faulty,
    sample::{Sample, note, notes},
};
use crate::{LedgerError, Store};

/// A ledger on a disk that can be made to fail, with one batch in it.
fn sample() -> (Sample, Store, Faulty) {
    let disk = Faulty::default();
    let (sample, mut store) = Sample::on(Box::new(disk.clone()));
    store.append(&notes(&[10, 20])).unwrap();
    (sample, store, disk)
}

/// The ledger on disk is what the store said it was.
fn assert_replays(sample: &Sample, store: Store) {
    let (head, reader) = (store.head(), store.reader());
    let shown: Vec<_> = reader
        .range(0, u64::MAX)
        .map(|record| record.unwrap().1)
        .collect();
    assert_eq!(shown.len() as u64, head.size);
    drop(store);
    let (store, replay) = sample.open().unwrap();
    assert_eq!((replay.summary.head, replay.torn_bytes), (head, 0));
    for (index, record) in (0..).zip(shown) {
        assert_eq!(store.reader().read(index).unwrap().unwrap(), record);
    }
}

#[test]
fn short_writes_are_continued() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.short = Some(100));
    store.append(&notes(&[700, 800])).unwrap();
    assert_eq!(store.segment(), 0);
    assert_replays(&sample, store);
}

#[test]
fn a_failed_sync_opens_a_new_segment() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.failing_syncs = 1);
    let head = store.append(&notes(&[30, 40])).unwrap();
    assert_eq!((head.size, store.segment()), (6, 1));
    store.append(&notes(&[50])).unwrap();
    assert_eq!(store.segment(), 1, "and stays there");
    assert_replays(&sample, store);
}

#[test]
fn a_failed_write_opens_a_new_segment() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.failing_writes = 1);
    store.append(&notes(&[3000])).unwrap();
    assert_eq!(store.segment(), 1);
    assert_replays(&sample, store);
}

#[test]
fn a_disk_that_keeps_failing_fails_until_it_works_again() {
    let (sample, mut store, disk) = sample();
    let head = store.head();
    disk.plan(|plan| plan.failing_syncs = usize::MAX);
    for _ in 0..3 {
        let error = store.append(&notes(&[30])).unwrap_err();
        assert_eq!(error.reason(), "LEDGER_FAILED");
        assert_eq!((store.head(), store.segment()), (head, 0));
    }
    disk.plan(|plan| plan.failing_syncs = 0);
    assert_eq!(store.append(&notes(&[30])).unwrap().size, 5);
    assert_eq!(store.segment(), 1, "the failed attempts left no segments");
    assert_replays(&sample, store);
}

#[test]
fn a_disk_that_stores_something_else_is_caught() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| (plan.failing_syncs, plan.lying) = (1, true));
    assert_eq!(
        store.append(&notes(&[30])).unwrap_err().reason(),
        "LEDGER_FAILED"
    );
    disk.plan(|plan| plan.lying = false);
    store.append(&notes(&[30])).unwrap();
    assert_replays(&sample, store);
}

#[test]
fn a_full_disk_refuses_and_resumes() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.extensions = Some(1));
    // The first extension has room, the second none.
    store.append(&[note(700_000)]).unwrap();
    let (head, bytes) = (store.head(), sample.bytes());
    for _ in 0..3 {
        let error = store.append(&[note(700_000)]).unwrap_err();
        assert!(matches!(error, LedgerError::Full { .. }), "{error}");
        assert_eq!((store.head(), sample.bytes() == bytes), (head, true));
    }
    store.append(&notes(&[30])).unwrap();
    disk.plan(|plan| plan.extensions = None);
    store.append(&[note(700_000)]).unwrap();
    assert_eq!(store.segment(), 0);
    assert_replays(&sample, store);
}

#[test]
fn no_room_for_a_new_segment_is_full_too() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| (plan.failing_syncs, plan.extensions) = (1, Some(0)));
    assert_eq!(
        store.append(&notes(&[30])).unwrap_err().reason(),
        "LEDGER_FULL"
    );
    disk.plan(|plan| plan.extensions = Some(0));
    assert_eq!(
        store.append(&notes(&[30])).unwrap_err().reason(),
        "LEDGER_FULL"
    );
    disk.plan(|plan| plan.extensions = None);
    store.append(&notes(&[30])).unwrap();
    assert_eq!(store.segment(), 1);
    assert_replays(&sample, store);
}

/// What a process before this one left may be in the system's cache alone.
#[test]
fn opening_writes_the_last_batch_again_and_syncs_it() {
    let (sample, mut store, disk) = sample();
    store.append(&notes(&[30, 40])).unwrap();
    drop(store);
    let open = || {
        Store::open_on(
            Box::new(disk.clone()),
            &sample.dir(),
            sample.genesis,
            &mut |_, _| (),
        )
        .map(|(store, _)| store.head().size)
    };
    disk.plan(|plan| plan.failing_syncs = 1);
    assert_eq!(open().unwrap_err().reason(), "LEDGER_FAILED");
    assert_eq!(open().unwrap(), 6);
    disk.plan(|plan| plan.lying = true);
    open().unwrap();
    let error = sample.verify().unwrap_err();
    assert!(
        matches!(error, LedgerError::Damaged { record: 4, .. }),
        "{error}"
    );
}

#[test]
fn an_earlier_segment_must_hold_all_its_records() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.failing_syncs = 1);
    store.append(&notes(&[30])).unwrap();
    let (offsets, mut bytes) = (sample.offsets(), sample.bytes());
    drop(store);
    let last = offsets[3];
    fs::write(sample.segment(0), &bytes[..last as usize + 1]).unwrap();
    let error = sample.verify().unwrap_err();
    assert!(
        matches!(error, LedgerError::Truncated { record: 3, .. }),
        "{error}"
    );
    bytes[last as usize..].fill(0);
    fs::write(sample.segment(0), bytes).unwrap();
    match sample.verify().unwrap_err() {
        LedgerError::Damaged {
            record: 3,
            path,
            offset,
            ..
        } => {
            assert_eq!((path, offset), (sample.segment(0), last));
        }
        error => panic!("{error}"),
    }
    fs::remove_file(sample.segment(0)).unwrap();
    assert_eq!(sample.verify().unwrap_err().reason(), "LEDGER_MISSING");
}

#[test]
fn a_later_segment_must_continue_the_earlier_one() {
    let (sample, mut store, disk) = sample();
    disk.plan(|plan| plan.failing_syncs = 1);
    store.append(&notes(&[30])).unwrap();
    drop(store);
    let segment = fs::read(sample.segment(1)).unwrap();
    for position in 0..crate::store::segment::HEADER {
        let mut bytes = segment.clone();
        bytes[position] ^= 1;
        fs::write(sample.segment(1), bytes).unwrap();
        let error = sample.verify().unwrap_err();
        // Where the header no longer says where it begins, the unacknowledged record before it is
        // taken first; the error names the next one.
        assert!(
            matches!(error, LedgerError::Damaged { record: 4 | 5, .. }),
            "{error}"
        );
    }
    let (other, store, _) = self::sample();
    drop(store);
    fs::copy(other.segment(0), sample.segment(1)).unwrap();
    assert_eq!(sample.verify().unwrap_err().reason(), "LEDGER_DAMAGED");
}
