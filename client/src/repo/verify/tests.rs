use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::repo::testing::{Bench, NOW};

fn run(directory: &Path, change: impl FnOnce(&mut Verification<'_>)) -> Report {
    try_run(directory, change).unwrap()
}

/// Verifies from every root, without target files where `change` does not say otherwise.
fn try_run(directory: &Path, change: impl FnOnce(&mut Verification<'_>)) -> anyhow::Result<Report> {
    let below = |name| Location::Directory(directory.join(name));
    let source = Source::open(&below("metadata"), Some(&below("targets")))?;
    let mut verification = Verification {
        source: &source,
        start: Start::EveryRoot,
        files: FileCheck::None,
        strict_keyids: false,
        now: NOW,
    };
    change(&mut verification);
    verification.run()
}

/// A published repository with so many roots and one target.
fn published(roots: u64) -> (Bench, PathBuf) {
    let mut bench = Bench::new();
    bench.add("dir/one", "one");
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    for _ in 1..roots {
        bench.draft_root();
        bench.sign(&[1, 2]);
        bench.publish().unwrap();
    }
    let directory = bench.project.metadata().parent().unwrap().to_owned();
    (bench, directory)
}

fn flip(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_sound_repository_is_reported_role_by_role() {
    let (_bench, directory) = published(2);
    let report = run(&directory, |_| {});
    assert_eq!(report.problems, [""; 0]);
    assert_eq!((report.roots, report.targets, report.bytes), (2, 1, 3));
    let roles: Vec<String> = report
        .roles
        .iter()
        .map(|role| role.role.to_string())
        .collect();
    assert_eq!(roles, ["root", "targets", "snapshot", "timestamp"]);
    assert!(report.roles.iter().all(|role| role.tally.is_met()));
    assert!(report.starts.iter().all(|start| start.stuck.is_none()));
    assert!(report.unfound.is_empty() && report.warnings.is_empty());
}

#[test]
fn clients_that_get_stuck_at_a_root_are_named() {
    let (bench, directory) = published(4);
    // Root 3 as its own keys did not sign it.
    flip(
        &bench.metadata("3.root.json"),
        "\"version\": 3",
        "\"version\":3 , \"x\": 1",
    );
    let report = run(&directory, |_| {});
    let stuck: Vec<_> = report
        .starts
        .iter()
        .map(|start| start.stuck.as_ref().map(|(at, _)| *at))
        .collect();
    assert_eq!(stuck, [Some(2), Some(2), Some(3), None]);
    let [first, second] = report.problems.as_slice() else {
        panic!("{:?}", report.problems);
    };
    assert!(first.starts_with("clients that start from root 1 to 2 get no further than root 2: "));
    assert!(second.starts_with("clients that start from root 3 get no further than root 3: "));
}

#[test]
fn one_trusted_root_is_enough_to_start_from() {
    let (bench, directory) = published(3);
    let start = |version: u64| {
        let bytes = fs::read(bench.metadata(&format!("{version}.root.json"))).unwrap();
        run(&directory, |verification| {
            verification.start = Start::Root(bytes)
        })
    };
    assert_eq!([start(1).roots, start(2).roots, start(3).roots], [3, 2, 1]);
    let other = published_by_others();
    let report = run(&directory, |verification| {
        verification.start = Start::Root(other)
    });
    assert!(
        report.problems[0].contains("root: the document has 0 of "),
        "{report:?}"
    );
    let error = try_run(&directory, |verification| {
        verification.start = Start::Root(b"{}".to_vec())
    });
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("the trusted root can't be used"),
        "{error}"
    );
}

/// The first root of another repository.
fn published_by_others() -> Vec<u8> {
    fs::read(corpus("rotation").path().join("metadata/1.root.json")).unwrap()
}

/// A repository that python-tuf made, in the form in which it is published.
fn corpus(name: &str) -> TempDir {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tuf/corpus/python-tuf");
    let directory = tempfile::tempdir().unwrap();
    symlink(base.join(name), directory.path().join("metadata")).unwrap();
    directory
}

#[test]
fn what_expired_is_told_with_the_clock_that_says_so() {
    let (_bench, directory) = published(1);
    let year = 31_536_000;
    let report = run(&directory, |verification| verification.now = NOW + year);
    let expected = "root: expired at 2026-12-02T00:00:00Z, 355 days ago by this computer's clock, which says 2027-11-22T00:00:00Z: is the clock right?";
    assert_eq!(report.problems, [expected]);
}

#[test]
fn target_files_are_looked_at_as_closely_as_asked() {
    let (bench, directory) = published(1);
    let targets = bench.project.targets().join("dir");
    let file = fs::read_dir(targets)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let problems = || {
        [FileCheck::None, FileCheck::Length, FileCheck::All].map(|check| {
            let report = run(&directory, |verification| verification.files = check);
            report.problems.len()
        })
    };
    assert_eq!(problems(), [0, 0, 0]);
    fs::write(&file, "ONE").unwrap();
    assert_eq!(problems(), [0, 0, 1]);
    fs::write(&file, "one more").unwrap();
    assert_eq!(problems(), [0, 1, 1]);
    fs::remove_file(&file).unwrap();
    assert_eq!(problems(), [0, 1, 1]);
}

#[test]
fn keys_that_some_clients_refuse_are_warned_of() {
    let report = run(corpus("unknown-fields").path(), |_| {});
    let kinds: Vec<&str> = report.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, ["keyid-mismatch", "unusable-key"], "{report:?}");
    assert!(report.problems.is_empty());
    let report = run(corpus("unknown-fields").path(), |verification| {
        verification.strict_keyids = true
    });
    let [problem] = report.problems.as_slice() else {
        panic!("{report:?}");
    };
    assert!(
        problem.starts_with("root 1 names a key x-post-quantum"),
        "{problem}"
    );
}

#[test]
fn python_tufs_delegations_verify() {
    for (name, roles) in [("paths", 1), ("bins", 4), ("succinct", 4)] {
        let report = run(corpus(name).path(), |_| {});
        assert_eq!(report.problems, [""; 0], "{name}");
        let delegated = report.roles.iter().filter(|role| role.delegator.is_some());
        assert_eq!(delegated.count(), roles, "{name}");
    }
}

#[test]
fn a_timestamp_without_end_is_not_read() {
    let (bench, directory) = published(1);
    fs::write(bench.metadata("timestamp.json"), vec![b' '; 16_385]).unwrap();
    let report = run(&directory, |_| {});
    assert!(
        report.problems[0].ends_with("has more than 16384 bytes"),
        "{report:?}"
    );
}

#[test]
fn what_cannot_be_read_says_nothing_of_the_repository() {
    let (bench, directory) = published(1);
    let path = bench.metadata("timestamp.json");
    fs::remove_file(&path).unwrap();
    symlink(&path, &path).unwrap();
    let error = try_run(&directory, |_| {}).unwrap_err().to_string();
    assert!(error.ends_with("the repository is not verified"), "{error}");
}
