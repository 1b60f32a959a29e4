use std::fs;
use std::os::unix::fs::PermissionsExt;

use privyseal_tuf::{Role, RoleType};

use super::Scope;
use crate::repo::testing::{Bench, NOW};
use crate::repo::verify;

fn with_targets() -> Bench {
    let bench = Bench::new();
    bench.add("app/one", "1");
    bench.add("two", "2");
    bench.sign(&[1, 2, 3, 4]);
    bench
}

const ONE: &str = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
const TWO: &str = "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35";

#[test]
fn files_are_written_in_the_order_of_trust() {
    let bench = with_targets();
    let written = bench.publish().unwrap();
    let expected = [
        format!("targets/app/{ONE}.one"),
        format!("targets/{TWO}.two"),
        // The second target came before a signature, so both are in version 1.
        "metadata/1.targets.json".to_owned(),
        "metadata/1.snapshot.json".to_owned(),
        "metadata/1.root.json".to_owned(),
        "metadata/timestamp.json".to_owned(),
    ];
    assert_eq!(written, expected);
    let mode = fs::metadata(bench.metadata("timestamp.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o444, 0o444);
    assert!(
        RoleType::ALL
            .into_iter()
            .all(|role| bench.work().draft(&role.into()).is_none())
    );
    assert!(!bench.path().join("draft/files").exists());
    let verified = verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
    assert_eq!(
        (verified.roots, verified.targets, verified.bytes),
        (1, 2, 2)
    );
    assert_eq!(bench.publish().unwrap(), [""; 0]);
}

#[test]
fn nothing_is_written_while_a_signature_is_missing() {
    let bench = Bench::new();
    for with in [&[][..], &[1], &[1, 2], &[1, 2, 3]] {
        bench.sign(with);
        let error = bench.publish().unwrap_err().to_string();
        assert!(error.contains("not finished"), "{error}");
        assert!(!bench.path().join("repository").exists());
    }
    bench.sign(&[4]);
    bench.publish().unwrap();
}

#[test]
fn an_interrupted_publication_shows_the_old_state_and_is_finished_by_the_next() {
    let bench = with_targets();
    bench.publish().unwrap();
    let before = fs::read(bench.metadata("timestamp.json")).unwrap();
    bench.add("three", "3");
    bench.sign(&[3, 4]);
    // A directory in the place of a target file stops the work before any metadata.
    let blocked = blocked_target(&bench);
    assert!(bench.publish().is_err());
    assert_eq!(fs::read(bench.metadata("timestamp.json")).unwrap(), before);
    verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
    assert!(bench.work().draft(&RoleType::Targets.into()).is_some());
    fs::remove_dir_all(bench.project.targets().join(blocked)).unwrap();
    let leftover = bench.metadata(".privyseal-killed");
    fs::write(&leftover, "half").unwrap();
    let written = bench.publish().unwrap();
    assert_eq!(written.last().unwrap(), "metadata/timestamp.json");
    verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
    assert!(bench.work().draft(&RoleType::Targets.into()).is_none());
    assert!(!leftover.exists());
}

fn blocked_target(bench: &Bench) -> String {
    let digest = "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce";
    let name = format!("{digest}.three");
    fs::create_dir_all(bench.project.targets().join(&name).join("x")).unwrap();
    name
}

#[test]
fn after_every_prefix_of_the_writes_clients_see_a_whole_repository() {
    let bench = with_targets();
    bench.publish().unwrap();
    bench.add("three", "3");
    bench.sign(&[3, 4]);
    let saved = tempfile::tempdir().unwrap();
    let drafts = bench.path().join("draft");
    copy_tree(&drafts, &saved.path().join("draft"));
    copy_tree(
        &bench.path().join("repository"),
        &saved.path().join("repository"),
    );
    let written = bench.publish().unwrap();
    for done in 0..written.len() {
        // The state of a process that ended after `done` files.
        let new = tempfile::tempdir().unwrap();
        copy_tree(&bench.path().join("repository"), new.path());
        fs::remove_dir_all(bench.path().join("repository")).unwrap();
        copy_tree(
            &saved.path().join("repository"),
            &bench.path().join("repository"),
        );
        copy_tree(&saved.path().join("draft"), &drafts);
        for name in &written[..done] {
            let to = bench.path().join("repository").join(name);
            fs::copy(new.path().join(name), to).unwrap();
        }
        verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
        assert_eq!(
            bench.work().published().version(&RoleType::Targets.into()),
            Some(1)
        );
        // The record is of the publication before: that of an interrupted one is not written.
        fs::write(bench.path().join("published.json"), old_record(&bench)).unwrap();
        assert_eq!(bench.publish().unwrap(), written[done..]);
        assert_eq!(
            bench.work().published().version(&RoleType::Targets.into()),
            Some(2)
        );
    }
}

/// What the record said before: the digests of the files that stand there now.
fn old_record(bench: &Bench) -> String {
    let mut files = serde_json::Map::new();
    for name in [
        "1.root.json",
        "1.targets.json",
        "1.snapshot.json",
        "timestamp.json",
    ] {
        let bytes = fs::read(bench.metadata(name)).unwrap();
        let digest = privyseal_tuf::Sha256Digest::of(&bytes).to_string();
        files.insert(name.to_owned(), digest.into());
    }
    serde_json::json!({ "files": files }).to_string()
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_was_changed_behind_our_back_is_not_built_upon() {
    for name in [
        "1.root.json",
        "1.targets.json",
        "1.snapshot.json",
        "timestamp.json",
    ] {
        let bench = with_targets();
        bench.publish().unwrap();
        bench.add("three", "3");
        bench.sign(&[3, 4]);
        let mut bytes = fs::read(bench.metadata(name)).unwrap();
        bytes.push(b' ');
        fs::write(bench.metadata(name), &bytes).unwrap();
        let error = bench.publish().unwrap_err().to_string();
        assert!(
            error.contains("is not what was published"),
            "{name}: {error}"
        );
        assert!(!bench.metadata("2.targets.json").exists(), "{name}");
    }
}

#[test]
fn a_version_is_never_published_with_two_contents() {
    let bench = with_targets();
    bench.publish().unwrap();
    bench.add("three", "3");
    bench.sign(&[3, 4]);
    fs::write(bench.metadata("2.snapshot.json"), "{}").unwrap();
    let error = bench.publish().unwrap_err().to_string();
    assert!(
        error.contains("2.snapshot.json is not what was published"),
        "{error}"
    );
    assert!(!bench.metadata("2.targets.json").exists());
}

#[test]
fn a_staged_copy_that_changed_is_not_published() {
    let bench = with_targets();
    fs::write(bench.path().join("draft/files").join(ONE), "x").unwrap();
    let error = format!("{:#}", bench.publish().unwrap_err());
    assert!(error.contains("another content"), "{error}");
    assert!(!bench.metadata("timestamp.json").exists());
}

#[test]
fn one_flipped_byte_is_found() {
    let bench = with_targets();
    bench.publish().unwrap();
    let files = [
        bench.metadata("1.root.json"),
        bench.metadata("1.targets.json"),
        bench.metadata("1.snapshot.json"),
        bench.metadata("timestamp.json"),
        bench.project.targets().join(format!("{TWO}.two")),
    ];
    for file in files {
        let good = fs::read(&file).unwrap();
        let mut bad = good.clone();
        let at = bad.len() / 2;
        bad[at] ^= 1;
        fs::write(&file, &bad).unwrap();
        let result = verify(&bench.project.metadata(), &bench.project.targets(), NOW);
        assert!(result.is_err(), "{}", file.display());
        fs::write(&file, &good).unwrap();
    }
    verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
}

#[test]
fn every_root_is_published() {
    let mut bench = with_targets();
    bench.publish().unwrap();
    for version in 2..=3 {
        bench.draft_root();
        bench.sign(&[1, 2]);
        let written = bench.publish().unwrap();
        assert_eq!(written, [format!("metadata/{version}.root.json")]);
    }
    let verified = verify(&bench.project.metadata(), &bench.project.targets(), NOW).unwrap();
    assert_eq!(verified.roots, 3);
}

#[test]
fn a_draft_that_waits_is_left_and_the_rest_is_published() {
    let mut bench = with_targets();
    bench.publish().unwrap();
    bench.draft_root();
    let error = bench.publish().unwrap_err().to_string();
    assert!(
        error.contains("the root metadata is not finished"),
        "{error}"
    );
    bench.add("three", "3");
    bench.sign(&[3, 4]);
    let publication = bench.publish_with(Scope::Changes).unwrap();
    assert_eq!(publication.waiting, [Role::from(RoleType::Root)]);
    assert_eq!(bench.work().published().version(&Role::TARGETS), Some(2));
    assert!(bench.work().draft(&RoleType::Root.into()).is_some());
    bench.sign(&[1, 2]);
    assert_eq!(bench.publish().unwrap(), ["metadata/2.root.json"]);
}

#[test]
fn what_is_signed_waits_for_what_must_name_it() {
    let bench = with_targets();
    bench.publish().unwrap();
    bench.add("three", "3");
    bench.sign(&[3]);
    let error = bench.publish().unwrap_err().to_string();
    assert!(
        error.contains("snapshot metadata is not finished"),
        "{error}"
    );
    assert!(!bench.metadata("2.targets.json").exists());
    bench.sign(&[4]);
    bench.publish().unwrap();
}

#[test]
fn a_publication_that_ended_before_its_record_is_brought_to_its_end() {
    let bench = with_targets();
    bench.publish().unwrap();
    let record = fs::read(bench.path().join("published.json")).unwrap();
    bench.add("three", "3");
    bench.sign(&[3, 4]);
    let saved = tempfile::tempdir().unwrap();
    copy_tree(&bench.path().join("draft"), saved.path());
    bench.publish().unwrap();
    fs::write(bench.path().join("published.json"), record).unwrap();
    copy_tree(saved.path(), &bench.path().join("draft"));
    assert_eq!(bench.publish().unwrap(), [""; 0]);
    assert!(!bench.path().join("draft/targets.json").exists());
    // Were the record old still, this would look like somebody else's change.
    bench.add("four", "4");
    bench.sign(&[3, 4]);
    bench.publish().unwrap();
}

#[test]
fn everything_is_looked_at_where_that_is_asked_for() {
    let bench = with_targets();
    bench.publish().unwrap();
    let lost = bench.project.targets().join(format!("{TWO}.two"));
    let copy = fs::read(&lost).unwrap();
    fs::remove_file(&lost).unwrap();
    assert_eq!(bench.publish().unwrap(), [""; 0]);
    let error = bench
        .publish_with(Scope::Everything)
        .unwrap_err()
        .to_string();
    assert!(error.contains("can't be read"), "{error}");
    fs::create_dir_all(bench.path().join("draft/files")).unwrap();
    fs::write(bench.path().join("draft/files").join(TWO), copy).unwrap();
    let written = bench.publish_with(Scope::Everything).unwrap().written;
    assert_eq!(written.names(), [format!("targets/{TWO}.two")]);
}
