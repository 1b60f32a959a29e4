mod delegated;

use super::*;
use crate::testing::{
    NOW, TestKey, meta, online, root_draft, signed, snapshot, targets, timestamp,
};
use crate::{Draft, Expires, MetaFile};

struct Files {
    root: Vec<u8>,
    timestamp: Vec<u8>,
    snapshot: Vec<u8>,
    targets: Vec<u8>,
}

fn root_key() -> TestKey {
    TestKey::p256(1)
}

fn finish<M: Metadata>(draft: Draft<M>) -> Vec<u8> {
    signed(draft.finish().unwrap(), &[&online()]).to_bytes()
}

fn root(version: u64, key: &TestKey, signers: &[&TestKey]) -> Vec<u8> {
    signed(root_draft(version, &[key], 1).finish().unwrap(), signers).to_bytes()
}

/// A whole repository in which every role but root has `version`.
fn files(version: u64) -> Files {
    let targets = finish(targets(version));
    let snapshot = finish(snapshot(version, &targets, version));
    let timestamp = finish(timestamp(version, &snapshot, version));
    Files {
        root: root(1, &root_key(), &[&root_key()]),
        timestamp,
        snapshot,
        targets,
    }
}

fn trusted(files: &Files) -> TrustedRepository {
    TrustedRepository::new(&files.root, NOW).unwrap()
}

fn update(repository: &mut TrustedRepository, files: &Files) -> Result<(), VerifyError> {
    repository.update_timestamp(&files.timestamp)?;
    repository.update_snapshot(&files.snapshot)?;
    repository.update_targets(&files.targets)
}

fn past() -> Expires {
    Expires::from_seconds(NOW).unwrap()
}

#[test]
fn a_sound_repository_is_trusted() {
    let files = files(3);
    let mut repository = trusted(&files);
    update(&mut repository, &files).unwrap();
    assert_eq!(repository.targets().unwrap().header.version, 3);
    assert_eq!(repository.timestamp().unwrap().snapshot.version, 3);
}

#[test]
fn roots_follow_each_other_by_one_signed_by_old_and_new() {
    let (a, b) = (root_key(), TestKey::ed25519(2));
    let first = root(1, &a, &[&a]);
    let refused = |bytes: &[u8]| {
        TrustedRepository::new(&first, NOW)
            .unwrap()
            .update_root(bytes)
            .unwrap_err()
    };
    assert!(matches!(
        refused(&root(2, &b, &[&b])),
        VerifyError::Threshold {
            by: Authority::Root(1),
            ..
        }
    ));
    assert!(matches!(
        refused(&root(2, &b, &[&a])),
        VerifyError::Threshold {
            by: Authority::Root(2),
            ..
        }
    ));
    let skipped = refused(&root(3, &b, &[&a, &b]));
    let expected = VerifyError::Version {
        role: RoleType::Root.into(),
        expected: 2,
        found: 3,
    };
    assert_eq!(skipped, expected);
    assert!(matches!(
        refused(&first),
        VerifyError::Version { found: 1, .. }
    ));
    let mut repository = TrustedRepository::new(&first, NOW).unwrap();
    repository.update_root(&root(2, &b, &[&a, &b])).unwrap();
    assert_eq!(repository.root().header.version, 2);
}

#[test]
fn a_first_root_is_signed_by_itself() {
    let unsigned = root(1, &root_key(), &[&TestKey::p256(9)]);
    assert!(matches!(
        TrustedRepository::new(&unsigned, NOW),
        Err(VerifyError::Threshold { .. })
    ));
}

#[test]
fn only_the_last_root_must_not_be_expired() {
    let (key, files) = (root_key(), files(1));
    let mut draft = root_draft(1, &[&key], 1);
    draft.set_expires(&past());
    let expired = signed(draft.finish().unwrap(), &[&key]).to_bytes();
    let mut repository = TrustedRepository::new(&expired, NOW).unwrap();
    let error = update(&mut repository, &files).unwrap_err();
    assert_eq!(
        error,
        VerifyError::Expired {
            role: RoleType::Root.into(),
            expires: past()
        }
    );
    repository.update_root(&root(2, &key, &[&key])).unwrap();
    update(&mut repository, &files).unwrap();
}

#[test]
fn expired_files_are_refused_by_role() {
    let key = online();
    let good = files(1);
    let expire = |bytes: &[u8], role: RoleType| {
        let document = Document::parse(bytes).unwrap();
        let edited = match role {
            RoleType::Targets => edit::<Targets>(&document),
            RoleType::Snapshot => edit::<Snapshot>(&document),
            _ => edit::<Timestamp>(&document),
        };
        signed(edited, &[&key]).to_bytes()
    };
    let timestamp = expire(&good.timestamp, RoleType::Timestamp);
    let error = update(
        &mut trusted(&good),
        &Files {
            timestamp,
            ..files(1)
        },
    )
    .unwrap_err();
    assert_eq!(
        error,
        VerifyError::Expired {
            role: RoleType::Timestamp.into(),
            expires: past()
        }
    );
    let snapshot = expire(&good.snapshot, RoleType::Snapshot);
    let timestamp = finish(crate::testing::timestamp(1, &snapshot, 1));
    let error = update(
        &mut trusted(&good),
        &Files {
            timestamp,
            snapshot,
            ..files(1)
        },
    );
    let expected = VerifyError::Expired {
        role: RoleType::Snapshot.into(),
        expires: past(),
    };
    assert_eq!(error.unwrap_err(), expected);
    let targets = expire(&good.targets, RoleType::Targets);
    let snapshot = finish(crate::testing::snapshot(1, &targets, 1));
    let timestamp = finish(crate::testing::timestamp(1, &snapshot, 1));
    let error = update(
        &mut trusted(&good),
        &Files {
            timestamp,
            snapshot,
            targets,
            ..files(1)
        },
    );
    let expected = VerifyError::Expired {
        role: RoleType::Targets.into(),
        expires: past(),
    };
    assert_eq!(error.unwrap_err(), expected);
}

fn edit<M: Metadata>(document: &Document) -> Document {
    let mut draft = Draft::<M>::edit(document).unwrap();
    draft.set_expires(&past());
    draft.finish().unwrap()
}

#[test]
fn older_files_than_the_remembered_are_refused() {
    let (old, new) = (files(1), files(2));
    let mut repository = trusted(&new);
    repository.remember_timestamp(&new.timestamp).unwrap();
    let error = repository.update_timestamp(&old.timestamp).unwrap_err();
    let expected = VerifyError::Rollback {
        role: RoleType::Timestamp.into(),
        trusted: 2,
        found: 1,
    };
    assert_eq!(error, expected);
    let lower_snapshot = finish(timestamp(3, &old.snapshot, 1));
    let error = repository.update_timestamp(&lower_snapshot).unwrap_err();
    let expected = VerifyError::Rollback {
        role: RoleType::Snapshot.into(),
        trusted: 2,
        found: 1,
    };
    assert_eq!(error, expected);
    repository.update_timestamp(&new.timestamp).unwrap();
}

#[test]
fn another_timestamp_of_the_same_version_changes_nothing() {
    let files = files(1);
    let mut repository = trusted(&files);
    repository.remember_timestamp(&files.timestamp).unwrap();
    repository
        .update_timestamp(&finish(timestamp(1, b"another snapshot", 9)))
        .unwrap();
    assert_eq!(repository.timestamp().unwrap().snapshot.version, 1);
}

#[test]
fn no_entry_of_a_snapshot_disappears_or_becomes_older() {
    let files = files(1);
    let with = |version: Option<u64>| {
        let mut draft = snapshot(1, &files.targets, 1);
        if let Some(version) = version {
            draft.set_meta("bin.json", &MetaFile::of_version(version));
        }
        finish(draft)
    };
    let try_with = |version: Option<u64>| {
        let mut repository = trusted(&files);
        repository.remember_snapshot(&with(Some(5))).unwrap();
        let snapshot = with(version);
        repository
            .update_timestamp(&finish(timestamp(1, &snapshot, 1)))
            .unwrap();
        repository.update_snapshot(&snapshot)
    };
    assert_eq!(
        try_with(None),
        Err(VerifyError::EntryGone("bin.json".into()))
    );
    let lower = VerifyError::EntryLower {
        name: "bin.json".into(),
        trusted: 5,
        found: 4,
    };
    assert_eq!(try_with(Some(4)), Err(lower));
    assert_eq!(try_with(Some(5)), Ok(()));
    assert_eq!(try_with(Some(6)), Ok(()));
}

#[test]
fn content_must_be_what_was_vouched_for() {
    let good = files(1);
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let last = bytes.len() - 1;
        bytes[last] = b' ';
        bytes
    };
    let snapshot = flip(&good.snapshot);
    let error = update(
        &mut trusted(&good),
        &Files {
            snapshot,
            ..files(1)
        },
    )
    .unwrap_err();
    assert_eq!(error, VerifyError::Content(RoleType::Snapshot.into()));
    let targets = flip(&good.targets);
    let error = update(
        &mut trusted(&good),
        &Files {
            targets,
            ..files(1)
        },
    )
    .unwrap_err();
    assert_eq!(error, VerifyError::Content(Role::TARGETS));
}

#[test]
fn versions_must_be_those_that_were_named() {
    let good = files(1);
    let named = |role, expected| VerifyError::Version {
        role,
        expected,
        found: 1,
    };

    let mut draft = timestamp(1, b"", 1);
    draft.set_snapshot(&MetaFile::of_version(2));
    let error = update(
        &mut trusted(&good),
        &Files {
            timestamp: finish(draft),
            ..files(1)
        },
    );
    assert_eq!(error.unwrap_err(), named(RoleType::Snapshot.into(), 2));

    let mut draft = snapshot(1, b"", 1);
    draft.set_meta("targets.json", &MetaFile::of_version(3));
    let snapshot = finish(draft);
    let timestamp = finish(timestamp(1, &snapshot, 1));
    let error = update(
        &mut trusted(&good),
        &Files {
            timestamp,
            snapshot,
            ..files(1)
        },
    );
    assert_eq!(error.unwrap_err(), named(Role::TARGETS, 3));
}

#[test]
fn a_rotated_timestamp_key_recovers_from_a_fast_forward() {
    let key = root_key();
    let mut draft = root_draft(2, &[&key], 1);
    let fresh = TestKey::p256(77);
    let keyid = draft.add_key(&fresh.key());
    draft.set_role(RoleType::Timestamp, &[keyid], 1);
    let rotated = signed(draft.finish().unwrap(), &[&key]).to_bytes();
    let good = files(1);
    let mut repository = trusted(&good);
    repository.update_root(&rotated).unwrap();
    let far = finish(timestamp(1_000_000, b"", 1_000_000));
    assert!(matches!(
        repository.remember_timestamp(&far),
        Err(VerifyError::Threshold { .. })
    ));
    let timestamp = signed(timestamp(1, &good.snapshot, 1).finish().unwrap(), &[&fresh]);
    repository.update_timestamp(&timestamp.to_bytes()).unwrap();
}

#[test]
fn every_role_is_signed_by_its_keys() {
    let good = files(1);
    let stranger = TestKey::ed25519(99);
    let timestamp = signed(
        timestamp(1, &good.snapshot, 1).finish().unwrap(),
        &[&stranger],
    );
    let error = trusted(&good)
        .update_timestamp(&timestamp.to_bytes())
        .unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::Threshold {
                role: Role::Top(RoleType::Timestamp),
                ..
            }
        ),
        "{error}"
    );
    let error = trusted(&good).update_timestamp(&good.snapshot).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::View {
                role: Role::Top(RoleType::Timestamp),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn files_come_in_the_specifications_order() {
    let good = files(1);
    let is_order = |result| matches!(result, Err(VerifyError::Order(_)));
    assert!(is_order(trusted(&good).update_snapshot(&good.snapshot)));
    assert!(is_order(trusted(&good).update_targets(&good.targets)));
    let mut repository = trusted(&good);
    repository.update_timestamp(&good.timestamp).unwrap();
    assert!(is_order(repository.update_root(&root(
        2,
        &root_key(),
        &[&root_key()]
    ))));
}
