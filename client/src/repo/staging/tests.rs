use std::os::unix::fs::PermissionsExt;

use super::*;

fn staging() -> (tempfile::TempDir, Staging) {
    let directory = tempfile::tempdir().unwrap();
    let staging = Staging::at(directory.path().join("draft/files"));
    (directory, staging)
}

#[test]
fn contents_are_kept_under_their_hash() {
    let (directory, staging) = staging();
    let source = directory.path().join("source");
    fs::write(&source, "1").unwrap();
    let staged = staging.add(&source, &Progress::none()).unwrap();
    assert_eq!(staged.target(), Target::of(b"1"));
    fs::write(&source, "2").unwrap();
    staging.settle().unwrap();
    let copy = staging.path(&Sha256Digest::of(b"1"));
    assert_eq!(fs::read(&copy).unwrap(), b"1");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(copy.parent().unwrap()), 0o700);
    assert_eq!(mode(&copy) & 0o444, 0o444);
    staging.clear().unwrap();
    assert!(!copy.exists());
}

#[test]
fn a_damaged_copy_is_made_anew() {
    let (directory, staging) = staging();
    let source = directory.path().join("source");
    fs::write(&source, "whole").unwrap();
    let copy = staging.path(&Sha256Digest::of(b"whole"));
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::write(&copy, "hal").unwrap();
    staging.add(&source, &Progress::none()).unwrap();
    assert_eq!(fs::read(copy).unwrap(), b"whole");
}

#[test]
fn a_source_that_changes_while_it_is_read_is_refused() {
    let (_directory, staging) = staging();
    // The kernel's counters are another file at each look.
    let error = staging
        .add(Path::new("/proc/self/stat"), &Progress::none())
        .unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error:#}"
    );
    let left = fs::read_dir(&staging.directory).unwrap().count();
    assert_eq!(left, 0);
}
