//! Metadata that a role must not say: each gets its gRPC code and reason code, and changes nothing.

use privyseal_tests::bad::{Bad, assert_refused};
use privyseal_tests::metadata::{self, edited, in_days, with_signatures};
use privyseal_tests::repository::Repository;
use privyseal_tests::stage::Stage;
use tonic::Code::{FailedPrecondition, InvalidArgument};

fn targets() -> Vec<u8> {
    metadata::targets(2, &[("a.txt", b"a2")])
}

#[test]
fn documents_that_are_not_what_they_should_be() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let document = |edit: &dyn Fn(&mut serde_json::Value)| {
        app.request("targets", "app-targets", &edited(&targets(), edit))
    };
    let expires = |text: &str| document(&|signed| signed["expires"] = text.into());
    let path = |path: &str| {
        document(&|signed| {
            let target = signed["targets"]["a.txt"].clone();
            signed["targets"][path] = target;
        })
    };
    let mut bad: Vec<Bad> = vec![
        (
            "a snapshot for targets",
            app.request("targets", "app-targets", &metadata::snapshot(2, 1)),
            InvalidArgument,
            "TYPE_MISMATCH",
        ),
        (
            "targets for a root",
            app.request("root", "app-root-1", &targets()),
            InvalidArgument,
            "TYPE_MISMATCH",
        ),
        (
            "version 0",
            document(&|signed| signed["version"] = 0.into()),
            InvalidArgument,
            "METADATA_INVALID",
        ),
        (
            "a version that is text",
            document(&|signed| signed["version"] = "2".into()),
            InvalidArgument,
            "METADATA_INVALID",
        ),
        (
            "no targets",
            document(&|signed| drop(signed.as_object_mut().unwrap().remove("targets"))),
            InvalidArgument,
            "METADATA_INVALID",
        ),
        (
            "an expiry that is past",
            expires(in_days(-1).as_str()),
            FailedPrecondition,
            "EXPIRY_PAST",
        ),
        (
            "an expiry over the limit",
            expires(in_days(401).as_str()),
            FailedPrecondition,
            "EXPIRY_TOO_FAR",
        ),
    ];
    for (what, text) in [
        ("an expiry with an offset", "2026-12-31T00:00:00+02:00"),
        ("an expiry with a zero offset", "2026-12-31T00:00:00+00:00"),
        ("an expiry with a fraction", "2026-12-31T00:00:00.5Z"),
        ("an expiry on a day that is none", "2026-02-30T00:00:00Z"),
        ("an expiry that is a date", "2026-12-31"),
        ("an empty expiry", ""),
    ] {
        bad.push((what, expires(text), InvalidArgument, "EXPIRY_MALFORMED"));
    }
    for (what, name) in [
        ("a path that leads out", "../a.txt"),
        ("a path with .. within", "a/../../b"),
        ("a path that is ..", ".."),
        ("an absolute path", "/etc/passwd"),
        ("a path with NUL", "a\0.txt"),
        ("a path with a line feed", "a\n.txt"),
        ("an empty path", ""),
        ("an empty segment", "a//b"),
        ("a backslash", "a\\..\\b"),
        ("a path that is not in NFC", "e\u{301}.txt"),
    ] {
        bad.push((what, path(name), InvalidArgument, "TARGET_PATH_INVALID"));
    }
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn versions_out_of_order() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    app.sign(&rpc, "targets", &targets()).unwrap();
    let request = |version, content: &[u8]| {
        let document = metadata::targets(version, &[("a.txt", content)]);
        app.request("targets", "app-targets", &document)
    };
    let root = |version| app.request("root", "app-root-1", &metadata::root(version, &app.roles));
    let bad: Vec<Bad> = vec![
        (
            "a lower version",
            request(1, b"a"),
            FailedPrecondition,
            "VERSION_ROLLBACK",
        ),
        (
            "a skipped version",
            request(4, b"a"),
            FailedPrecondition,
            "VERSION_SKIPPED",
        ),
        (
            "the highest version",
            request((1 << 53) - 1, b"a"),
            FailedPrecondition,
            "VERSION_SKIPPED",
        ),
        (
            "a version with other content",
            request(2, b"other"),
            FailedPrecondition,
            "VERSION_REUSED",
        ),
        (
            "a skipped root",
            root(3),
            FailedPrecondition,
            "VERSION_SKIPPED",
        ),
        (
            "another first root in the lineage",
            app.request(
                "root",
                "app-root-1",
                &edited(&metadata::root(1, &app.roles), |signed| {
                    signed["expires"] = in_days(10).as_str().into();
                }),
            ),
            FailedPrecondition,
            "VERSION_REUSED",
        ),
    ];
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn snapshots_and_timestamps_that_go_back() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let fresh = Repository::open(&rpc, "fresh");
    let with_two = edited(&metadata::snapshot(2, 3), |signed| {
        signed["meta"]["bin.json"] = serde_json::json!({ "version": 7 });
    });
    for version in 2..4 {
        let targets = metadata::targets(version, &[]);
        app.sign(&rpc, "targets", &targets).unwrap();
    }
    app.sign(&rpc, "snapshot", &with_two).unwrap();
    let snapshot = |entries: serde_json::Value| {
        let document = edited(&metadata::snapshot(3, 3), |signed| {
            signed["meta"] = entries.clone();
        });
        app.request("snapshot", "app-snapshot", &document)
    };
    let timestamp = |version| {
        let document = metadata::timestamp(2, version);
        app.request("timestamp", "app-timestamp", &document)
    };
    let with_hash = edited(&metadata::timestamp(2, 2), |signed| {
        signed["meta"]["snapshot.json"]["length"] = 77.into();
    });
    let bad: Vec<Bad> = vec![
        (
            "a dropped entry",
            snapshot(serde_json::json!({ "targets.json": { "version": 3 } })),
            FailedPrecondition,
            "SNAPSHOT_DROPPED",
        ),
        (
            "a lowered entry",
            snapshot(serde_json::json!({
                "targets.json": { "version": 3 }, "bin.json": { "version": 6 }
            })),
            FailedPrecondition,
            "SNAPSHOT_LOWERED",
        ),
        (
            "targets lowered",
            snapshot(serde_json::json!({
                "targets.json": { "version": 2 }, "bin.json": { "version": 7 }
            })),
            FailedPrecondition,
            "SNAPSHOT_LOWERED",
        ),
        (
            "targets that nobody signed",
            snapshot(serde_json::json!({
                "targets.json": { "version": 4 }, "bin.json": { "version": 7 }
            })),
            FailedPrecondition,
            "SNAPSHOT_AHEAD",
        ),
        (
            "an entry that burns its role's versions",
            snapshot(serde_json::json!({
                "targets.json": { "version": 3 }, "bin.json": { "version": 9_007_199_254_740_991_u64 }
            })),
            FailedPrecondition,
            "SNAPSHOT_AHEAD",
        ),
        (
            "a timestamp of a snapshot to come",
            timestamp(3),
            FailedPrecondition,
            "TIMESTAMP_CONTRADICTS",
        ),
        (
            "a timestamp with the length of a file that was not shown",
            app.request("timestamp", "app-timestamp", &with_hash),
            FailedPrecondition,
            "SNAPSHOT_UNKNOWN",
        ),
        (
            "a timestamp where there is no snapshot",
            fresh.request("timestamp", "fresh-timestamp", &metadata::timestamp(1, 1)),
            FailedPrecondition,
            "SNAPSHOT_UNKNOWN",
        ),
    ];
    assert_refused(&rpc, &[&app, &fresh], bad);

    // The file that was shown must be the one that the timestamp names.
    let signed = app.sign(&rpc, "snapshot", &with_two).unwrap();
    let shown = with_signatures(&with_two, [&signed]);
    rpc.observe(app.observation("snapshot", &shown)).unwrap();
    let bad: Vec<Bad> = vec![(
        "a timestamp with another length than the file's",
        app.request("timestamp", "app-timestamp", &with_hash),
        FailedPrecondition,
        "TIMESTAMP_CONTRADICTS",
    )];
    assert_refused(&rpc, &[&app], bad);
    app.sign(&rpc, "timestamp", &metadata::timestamp(2, 2))
        .unwrap();
    let bad: Vec<Bad> = vec![(
        "a timestamp that goes back to the snapshot before",
        app.request("timestamp", "app-timestamp", &metadata::timestamp(3, 1)),
        FailedPrecondition,
        "TIMESTAMP_CONTRADICTS",
    )];
    assert_refused(&rpc, &[&app], bad);
}
