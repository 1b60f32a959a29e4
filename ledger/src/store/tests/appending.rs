//! Making, appending, reading and proving, on a disk that works.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::sample::{Key, Sample, note, notes, stopped};
use crate::{
    Audit, Hash, Head, LedgerError, MAX_RECORD, Store, store::frame, verify_consistency,
    verify_inclusion,
};

fn reason<T>(result: Result<T, LedgerError>) -> &'static str {
    result.err().unwrap().reason()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_ledger_is_private_clean_and_whole() {
    let (sample, store) = Sample::new();
    assert_eq!(mode(&sample.dir()), 0o700);
    assert_eq!(
        (mode(&sample.segment(0)), mode(&sample.dir().join("lock"))),
        (0o600, 0o600)
    );
    assert_eq!((store.head().size, store.genesis()), (2, sample.genesis));
    drop(store);
    let (_, replay) = sample.open().unwrap();
    assert!(replay.clean());
    assert_eq!(replay.summary.last_checkpoint.size, 1);
}

#[test]
fn a_ledger_is_not_made_over_another() {
    let (sample, store) = Sample::new();
    let (bytes, reader) = (sample.bytes(), store.reader());
    let [genesis, checkpoint] = [0, 1].map(|index| reader.read(index).unwrap().unwrap());
    let again = || Store::create(&sample.dir(), &genesis, &checkpoint);
    assert_eq!(reason(again()), "LEDGER_LOCKED");
    drop(store);
    assert_eq!(reason(again()), "LEDGER_EXISTS");
    assert_eq!(sample.bytes(), bytes);
}

#[test]
fn a_ledger_is_made_only_of_what_replays() {
    let (home, key, other) = (tempfile::tempdir().unwrap(), Key::new(), Key::new());
    let dir = home.path().join("ledger");
    let genesis = Hash::leaf(&key.genesis());
    let head = Head {
        size: 1,
        root: genesis,
    };
    let by_other = other.checkpoint(&genesis, &head);
    assert_eq!(
        reason(Store::create(&dir, &key.genesis(), &by_other)),
        "LEDGER_REFUSED"
    );
    assert_eq!(
        reason(Store::create(&dir, &note(5), &by_other)),
        "LEDGER_REFUSED"
    );
    assert!(!dir.exists());
}

#[test]
fn one_agent_at_a_time() {
    let (sample, store) = Sample::new();
    assert_eq!(reason(sample.open()), "LEDGER_LOCKED");
    assert!(sample.verify().is_ok(), "reading needs no lock");
    drop(store);
    assert!(sample.open().is_ok());
}

#[test]
fn replay_folds_every_record_and_proofs_hold() {
    let (sample, mut store) = Sample::new();
    let old = store.append(&notes(&[10, 2000, 30])).unwrap();
    let new = store.append(&[note(70_000), stopped()]).unwrap();
    let proof = store.reader().consistency(old.size, new.size).unwrap();
    assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
    drop(store);
    let mut indexes = Vec::new();
    let (store, replay) = Store::open(&sample.dir(), sample.genesis, &mut |index, _| {
        indexes.push(index)
    })
    .unwrap();
    assert_eq!(indexes, (0..7).collect::<Vec<_>>());
    assert!(replay.clean());
    let reader = store.reader();
    assert_eq!(reader.head(), new);
    for (index, record) in reader.range(0, 100).map(Result::unwrap) {
        let (leaf, path) = (
            Hash::leaf(&record),
            reader.inclusion(index, new.size).unwrap(),
        );
        assert_eq!(reader.leaf_hash(index), Some(leaf));
        assert_eq!(verify_inclusion(&leaf, index, &new, &path), Ok(()));
    }
    assert_eq!(reader.range(5, 1).count(), 1);
    assert_eq!(reader.read(7).unwrap(), None);
}

#[test]
fn clean_is_stopped_or_the_checkpoint_after_it() {
    let (sample, mut store) = Sample::new();
    let mut reopen = |mut records: Vec<Vec<u8>>, with_checkpoint| {
        if with_checkpoint {
            let head = store.append(&records).unwrap();
            records = vec![sample.key.checkpoint(&sample.genesis, &head)];
        }
        store.append(&records).unwrap();
        sample.verify().unwrap().clean()
    };
    assert!(!reopen(notes(&[5]), false));
    assert!(!reopen(notes(&[5]), true));
    assert!(reopen(vec![stopped()], false));
    assert!(reopen(vec![stopped()], true));
    assert!(!reopen(notes(&[5]), false));
}

#[test]
fn what_a_replay_would_refuse_is_not_written() {
    let (sample, mut store) = Sample::new();
    let head = store.append(&notes(&[5])).unwrap();
    let bytes = sample.bytes();
    let wrong = Head {
        root: Hash([9; 32]),
        ..head
    };
    let early = Head {
        size: head.size + 1,
        ..head
    };
    let empty = Head {
        size: 0,
        root: Hash::empty(),
    };
    let bad = [
        Vec::new(),
        vec![0xff; 10],
        sample.key.genesis(),
        sample.key.checkpoint(&sample.genesis, &wrong),
        sample.key.checkpoint(&sample.genesis, &early),
        sample.key.checkpoint(&sample.genesis, &empty),
        Key::new().checkpoint(&sample.genesis, &head),
        note(MAX_RECORD),
    ];
    for record in bad {
        assert_eq!(reason(store.append(&[note(5), record])), "LEDGER_REFUSED");
    }
    assert_eq!(
        reason(store.append(&notes(&[1_000_000; 17]))),
        "LEDGER_REFUSED"
    );
    assert_eq!((store.head(), sample.bytes() == bytes), (head, true));
    assert_eq!(store.append(&[]).unwrap(), head);
    let old = sample.key.checkpoint(
        &sample.genesis,
        &Head {
            size: 1,
            root: sample.genesis,
        },
    );
    store
        .append(&[old, sample.key.checkpoint(&sample.genesis, &head)])
        .unwrap();
    drop(store);
    assert_eq!(sample.open().unwrap().1.summary.checkpoints, 3);
}

#[test]
fn the_largest_record_fits() {
    let (sample, mut store) = Sample::new();
    let excess = note(MAX_RECORD).len() - MAX_RECORD;
    let largest = note(MAX_RECORD - excess);
    assert_eq!(largest.len(), MAX_RECORD);
    store.append(std::slice::from_ref(&largest)).unwrap();
    assert_eq!(store.reader().read(2).unwrap(), Some(largest));
    drop(store);
    sample.open().unwrap();
}

#[test]
fn a_file_that_is_removed_or_replaced_is_noticed() {
    let (sample, mut store) = Sample::new();
    let (segment, aside) = (sample.segment(0), sample.dir().join("aside"));
    fs::rename(&segment, &aside).unwrap();
    assert!(
        store
            .append(&notes(&[5]))
            .unwrap_err()
            .to_string()
            .contains("was removed")
    );
    fs::copy(&aside, &segment).unwrap();
    let error = store.append(&notes(&[5])).unwrap_err();
    assert!(error.to_string().contains("was replaced"), "{error}");
    assert_eq!(error.reason(), "LEDGER_FAILED");
    fs::rename(&aside, &segment).unwrap();
    assert_eq!(store.append(&notes(&[5])).unwrap().size, 3);
    OpenOptions::new()
        .write(true)
        .open(&segment)
        .unwrap()
        .set_len(0)
        .unwrap();
    assert!(
        store
            .append(&notes(&[5]))
            .unwrap_err()
            .to_string()
            .contains("was cut")
    );
    assert_eq!(reason(store.reader().read(0)), "LEDGER_DAMAGED");
}

#[test]
fn a_record_that_is_rewritten_is_not_read() {
    let (sample, mut store) = Sample::new();
    store.append(&notes(&[5])).unwrap();
    let mut forged = Vec::new();
    frame::encode_batch(&[stopped()], 2, &mut forged).unwrap();
    let file = OpenOptions::new()
        .write(true)
        .open(sample.segment(0))
        .unwrap();
    file.write_all_at(&forged, sample.offsets()[2]).unwrap();
    assert_eq!(reason(store.reader().read(2)), "LEDGER_DAMAGED");
}

#[test]
fn readers_see_a_growing_whole() {
    let (_sample, mut store) = Sample::new();
    let (reader, done) = (store.reader(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut old = reader.head();
            while !done.load(Ordering::Relaxed) {
                let new = reader.head();
                let proof = reader.consistency(old.size, new.size).unwrap();
                assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
                assert!(reader.read(new.size - 1).unwrap().is_some());
                old = new;
            }
        });
        for _ in 0..200 {
            store.append(&notes(&[30, 300])).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn an_audit_takes_a_stream() {
    let (sample, mut store) = Sample::new();
    store.append(&notes(&[30, 300])).unwrap();
    let records: Vec<_> = store
        .reader()
        .range(0, 10)
        .map(|record| record.unwrap().1)
        .collect();
    let mut audit = Audit::new(Some(sample.genesis));
    assert!(audit.finish().is_err());
    for (index, record) in (0..).zip(&records) {
        assert!(audit.push(index + 1, record).is_err());
        audit.push(index, record).unwrap();
    }
    assert_eq!(audit.finish().unwrap().head, store.head());
    let mut audit = Audit::new(None);
    assert!(audit.push(0, &records[1]).is_err());
    audit.push(0, &records[0]).unwrap();
    assert!(
        audit.push(1, &records[2]).is_err(),
        "the second record is a checkpoint"
    );
    assert!(
        Audit::new(Some(Hash([1; 32])))
            .push(0, &records[0])
            .is_err()
    );
}
