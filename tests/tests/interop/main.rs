//! Other people's clients get every target of what is published, for each kind of delegation.

mod kinds;

use std::fs;

use privyseal_tests::project::Project;
use privyseal_tests::stage::Stage;
use privyseal_tests::tuf_client::{PythonTuf, Tuftool};
use privyseal_tuf::Sha256Digest;

use kinds::{
    HASH_PREFIXES, Kind, LISTED_BINS, PATHS, SUCCINCT_BINS, THRESHOLDS, TWO_DELEGATORS, generate,
};

#[test]
fn python_tuf_follows_paths() {
    python_tuf_follows(&PATHS);
}

#[test]
fn python_tuf_follows_hash_prefixes() {
    python_tuf_follows(&HASH_PREFIXES);
}

#[test]
fn python_tuf_follows_listed_bins() {
    python_tuf_follows(&LISTED_BINS);
}

#[test]
fn python_tuf_follows_succinct_bins() {
    python_tuf_follows(&SUCCINCT_BINS);
}

#[test]
fn python_tuf_follows_thresholds() {
    python_tuf_follows(&THRESHOLDS);
}

#[test]
fn python_tuf_follows_two_delegators() {
    python_tuf_follows(&TWO_DELEGATORS);
}

/// A role whose delegation is taken back stays in the snapshot, or clients that knew it would refuse
/// the next one. It can come back with another key.
#[test]
fn python_tuf_follows_a_delegation_that_goes_and_comes_back() {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = PATHS.publish(&stage);
    let home = stage.sandbox.directory("home");
    let judge = |absent: &[&str]| {
        let absent = [PATHS.hidden, absent].concat();
        python.accepts(&project, &absent, Some(&home));
        python.accepts(&project, &absent, None);
    };
    judge(&[]);
    let path = "app/beta/four.txt";
    let original = fs::read(project.original(path)).unwrap();
    fs::remove_file(project.original(path)).unwrap();
    project.repo("undelegate beta --by app --yes");
    project.sign_and_publish("dropped-delegation");
    judge(&[path]);

    generate(&project, "beta-2");
    project.repo("delegate beta --by app --key beta-2 --path app/beta/*");
    project.sign_and_publish("");
    fs::write(project.original(path), original).unwrap();
    judge(&[]);
}

#[test]
fn python_tuf_follows_other_bins() {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = SUCCINCT_BINS.publish(&stage);
    let home = stage.sandbox.directory("home");
    let judge = || {
        python.accepts(&project, &[], Some(&home));
        python.accepts(&project, &[], None);
    };
    judge();
    for words in [
        "8 --key bins",
        "2 --listed --key bins",
        "4 --prefix x --key bins",
    ] {
        project.repo(&format!("bins {words}"));
        project.sign_and_publish("dropped-delegation,removed-target");
        judge();
    }
}

#[test]
fn tuftool_follows_what_tough_reads() {
    let Some(tuftool) = Tuftool::find() else {
        return;
    };
    for kind in [&PATHS, &HASH_PREFIXES, &LISTED_BINS, &THRESHOLDS] {
        let Some(stage) = Stage::new() else { return };
        let project = kind.publish(&stage);
        let judge = |gone: &[&str]| {
            tuftool.accepts(&project);
            for path in [kind.hidden, gone].concat() {
                let (said, _) = tuftool.downloads(&project, &[path]);
                said.assert_refused(1, &format!("'{path}' was not found"));
            }
        };
        judge(&[]);
        live_on(&project, kind, judge);
    }
}

/// tough 0.24 knows no TAP 15, and knows a role through the first of its delegators alone. Where
/// this fails, it has learned, and docs/interoperability.md is to be changed.
#[test]
fn tuftool_refuses_what_tough_does_not_read() {
    let Some(tuftool) = Tuftool::find() else {
        return;
    };
    for (kind, says) in [
        (SUCCINCT_BINS, "missing field `roles`"),
        (TWO_DELEGATORS, "Invalid file permissions"),
    ] {
        let Some(stage) = Stage::new() else { return };
        let project = kind.publish(&stage);
        let (said, _) = tuftool.downloads(&project, &[kind.goes]);
        said.assert_refused(1, says);
    }
}

#[test]
fn tuftool_needs_both_layouts() {
    let (Some(tuftool), Some(stage)) = (Tuftool::find(), Stage::new()) else {
        return;
    };
    let project = THRESHOLDS.publish_as(&stage, "");
    let (said, _) = tuftool.downloads(&project, &["app/one.txt"]);
    said.assert_refused(1, "app/one.txt");
    let asked = project.web.asked();
    let name = format!("targets/{}.app/one.txt", Sha256Digest::of(b"1"));
    assert!(asked.contains(&name), "{asked:#?}");
}

/// A client that keeps what it trusts follows every change, finds what one that comes later finds,
/// and takes nothing that was changed on the way.
fn python_tuf_follows(kind: &Kind) {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = kind.publish(&stage);
    let home = stage.sandbox.directory("home");
    let mut last = python.accepts(&project, kind.hidden, Some(&home));
    live_on(&project, kind, |gone| {
        let absent = [kind.hidden, gone].concat();
        let versions = python.accepts(&project, &absent, Some(&home));
        assert_ne!(versions, last);
        assert_eq!(python.accepts(&project, &absent, None), versions);
        last = versions;
    });
    let needless = format!(".{}.json", kind.needless);
    let mut files = project.newest();
    files.retain(|file| !file.ends_with(&needless));
    python.refuses_changes(&project, &files);
}

/// Changes a delegated target, then the key of its role, then its expiry, and takes another target
/// away. `judge` is told each time which target is gone.
fn live_on(project: &Project, kind: &Kind, mut judge: impl FnMut(&[&str])) {
    let Kind { role, key, .. } = kind;
    let (path, words) = kind.changes;
    project.add(&[(path, b"another content")], words);
    project.sign_and_publish("replaced-target");
    judge(&[]);

    generate(project, "newcomer");
    project.repo(&format!("rotate {role} --add newcomer --remove {key}"));
    project.sign_and_publish("");
    judge(&[]);

    project.repo("renew --bins");
    project.sign_and_publish("");
    judge(&[]);

    project.remove(kind.goes);
    project.sign_and_publish("removed-target");
    judge(&[kind.goes]);
}
