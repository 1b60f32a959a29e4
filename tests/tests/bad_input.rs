//! Bad input by raw gRPC: each gets its gRPC code and reason code, and changes nothing.

use privyseal_proto::v1::{GenerateKeyRequest, LineageRef, SignRequest};
use privyseal_tests::memory::Remembered;
use privyseal_tests::metadata::{self, RoleOf, edited, in_days, with_signatures};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use tonic::Code::{
    self, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange,
    PermissionDenied,
};

/// One bad request: what is wrong with it, and what the agent must answer.
type Bad = (&'static str, SignRequest, Code, &'static str);

/// Every request is refused as it should be, alone and in a stream, and nothing has changed.
fn assert_refused(rpc: &Rpc, repositories: &[&Repository], bad: Vec<Bad>) {
    let before = Remembered::of(rpc, repositories);
    for (what, request, code, reason) in bad {
        let refusal = rpc.sign(request.clone()).expect_err(what);
        assert_eq!(refusal.codes(), (code, reason), "{what}: {refusal:?}");
        assert_eq!(refusal.retry, "unsafe", "{what}");
        assert!(
            !refusal.message.is_empty() && !refusal.remedy.is_empty(),
            "{what}"
        );
        let streamed = rpc.sign_many(vec![request]).unwrap().remove(0);
        let streamed = streamed.expect_err(what);
        assert_eq!(streamed.codes(), (code, reason), "{what}, in a stream");
        assert_eq!(streamed.message, refusal.message, "{what}");
        assert_eq!(streamed.remedy, refusal.remedy, "{what}");
        assert_eq!(Remembered::of(rpc, repositories), before, "{what}");
    }
}

fn targets() -> Vec<u8> {
    metadata::targets(2, &[("a.txt", b"a2")])
}

#[test]
fn names_of_nothing() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let good = app.request("targets", "app-targets", &targets());
    let with = |change: &dyn Fn(&mut SignRequest, &mut LineageRef)| {
        let mut request = good.clone();
        let mut lineage = app.lineage.clone();
        change(&mut request, &mut lineage);
        request.lineage = Some(lineage);
        request
    };
    let other_root = "ab".repeat(32);
    let bad: Vec<Bad> = vec![
        (
            "an unknown key",
            with(&|request, _| request.key = "nobody".into()),
            NotFound,
            "UNKNOWN_KEY",
        ),
        (
            "a key of no possible name",
            with(&|request, _| request.key = "no body".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "an unknown role",
            with(&|request, _| request.role = "mirrors".into()),
            InvalidArgument,
            "UNKNOWN_ROLE",
        ),
        (
            "no role",
            with(&|request, _| request.role.clear()),
            InvalidArgument,
            "UNKNOWN_ROLE",
        ),
        (
            "an unknown first root",
            with(&|_, lineage| lineage.first_root.clone_from(&other_root)),
            NotFound,
            "UNKNOWN_LINEAGE",
        ),
        (
            "a first root that is no digest",
            with(&|_, lineage| lineage.first_root = "ab".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "no first root",
            with(&|_, lineage| lineage.first_root.clear()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "a repository that no grant covers",
            with(&|_, lineage| lineage.repository = "example.com/app".into()),
            PermissionDenied,
            "NO_GRANT",
        ),
        (
            "an authority that no grant covers",
            with(&|_, lineage| lineage.authority = "staging".into()),
            PermissionDenied,
            "NO_GRANT",
        ),
        (
            "a repository's name with a control character",
            with(&|_, lineage| lineage.repository = "example.org/\u{1b}[31m".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "no lineage",
            SignRequest {
                lineage: None,
                ..good.clone()
            },
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
    ];
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn texts_that_are_not_one_json_document() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let good = String::from_utf8(targets()).unwrap();
    let request = |document: String| app.request("targets", "app-targets", document.as_bytes());
    let within = |old: &str, new: &str| {
        assert!(good.contains(old), "{good}");
        request(good.replacen(old, new, 1))
    };
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    let version = "\"version\": 2";
    let cases: Vec<(&str, SignRequest, &str)> = vec![
        ("nothing", request(String::new()), "JSON_INVALID"),
        (
            "half of it",
            request(good[..good.len() / 2].into()),
            "JSON_INVALID",
        ),
        (
            "a key twice",
            within(version, "\"version\": 2, \"version\": 2"),
            "JSON_DUPLICATE_KEY",
        ),
        (
            "a key twice, once as an escape",
            within(version, "\"version\": 2, \"\\u0076ersion\": 3"),
            "JSON_DUPLICATE_KEY",
        ),
        (
            "a float",
            within(version, "\"version\": 2.0"),
            "JSON_NUMBER",
        ),
        (
            "an exponent",
            within(version, "\"version\": 2e0"),
            "JSON_NUMBER",
        ),
        (
            "a version of 2^53",
            within(version, "\"version\": 9007199254740992"),
            "JSON_NUMBER",
        ),
        (
            "a lone surrogate",
            within(version, "\"version\": 2, \"x\": \"\\ud800\""),
            "JSON_INVALID",
        ),
        (
            "depth 10,000",
            within(version, &format!("\"version\": 2, \"x\": {open}{close}")),
            "JSON_TOO_DEEP",
        ),
        ("depth 10,000 alone", request(open.clone()), "JSON_TOO_DEEP"),
        (
            "trailing bytes",
            request(format!("{good}x")),
            "JSON_TRAILING",
        ),
        (
            "two documents",
            request(format!("{good}{good}")),
            "JSON_TRAILING",
        ),
        (
            "trailing NUL",
            request(format!("{good}\0")),
            "JSON_TRAILING",
        ),
        ("an array", request("[]".into()), "METADATA_INVALID"),
        ("no signed part", request("{}".into()), "METADATA_INVALID"),
    ];
    let mut bad: Vec<Bad> = cases
        .into_iter()
        .map(|(what, request, reason)| (what, request, InvalidArgument, reason))
        .collect();
    bad.push((
        "bytes that are no UTF-8",
        app.request("targets", "app-targets", b"{\"signed\": \"\xff\"}"),
        InvalidArgument,
        "JSON_INVALID",
    ));
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn documents_that_are_too_large() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let before = Remembered::of(&rpc, &[&app]);
    // Within what a message may have, above what a document may; and far above both.
    for size in [10 * 1024 * 1024 + 1, 100 * 1024 * 1024] {
        let mut document = targets();
        document.resize(size, b' ');
        let refusal = app.sign(&rpc, "targets", &document).unwrap_err();
        assert_eq!(
            refusal.codes(),
            (OutOfRange, "DOCUMENT_TOO_LARGE"),
            "{size}"
        );
        let observed = rpc.observe(app.observation("targets", &document));
        assert_eq!(
            observed.unwrap_err().codes(),
            (OutOfRange, "DOCUMENT_TOO_LARGE")
        );
    }
    assert_eq!(Remembered::of(&rpc, &[&app]), before);
    let mut largest = targets();
    largest.resize(10 * 1024 * 1024, b' ');
    app.sign(&rpc, "targets", &largest).unwrap();
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
fn keys_of_other_roles_and_lineages() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let other = Repository::complete(&rpc, "other");
    let unused = rpc.generate("unused", "ecdsa-p256", &app.name).unwrap();
    let next_root = metadata::root(2, &app.roles);
    let mut incomplete = Repository::generate(&rpc, "incomplete");
    let root = metadata::root(1, &incomplete.roles);
    incomplete.lineage.first_root = metadata::digest(&root).to_string();
    incomplete.sign(&rpc, "root", &root).unwrap();
    let bad: Vec<Bad> = vec![
        (
            "the snapshot's key for targets",
            app.request("targets", "app-snapshot", &targets()),
            FailedPrecondition,
            "KEY_NOT_IN_ROLE",
        ),
        (
            "a key in no role",
            app.request("targets", &unused.name, &targets()),
            FailedPrecondition,
            "KEY_NOT_IN_ROLE",
        ),
        (
            "a root that neither the old nor the new root's keys sign",
            app.request("root", "app-targets", &next_root),
            FailedPrecondition,
            "KEY_NOT_IN_ROLE",
        ),
        (
            "another repository's key",
            app.request("targets", "other-targets", &targets()),
            FailedPrecondition,
            "KEY_OF_OTHER_LINEAGE",
        ),
        (
            "a second first root, with keys that have a lineage",
            SignRequest {
                lineage: Some(LineageRef {
                    first_root: String::new(),
                    ..app.lineage.clone()
                }),
                ..app.request(
                    "root",
                    "app-root-1",
                    &edited(&metadata::root(1, &app.roles), |signed| {
                        signed["expires"] = in_days(10).as_str().into();
                    }),
                )
            },
            FailedPrecondition,
            "KEY_OF_OTHER_LINEAGE",
        ),
        (
            "the ledger's own key",
            app.request("targets", "ledger", &targets()),
            NotFound,
            "UNKNOWN_KEY",
        ),
        (
            "targets before the root is complete",
            incomplete.request("targets", "incomplete-targets", &metadata::targets(1, &[])),
            FailedPrecondition,
            "ROOT_NOT_FINAL",
        ),
        (
            "a second root before the first is complete",
            incomplete.request(
                "root",
                "incomplete-root-1",
                &metadata::root(2, &incomplete.roles),
            ),
            FailedPrecondition,
            "ROOT_NOT_FINAL",
        ),
    ];
    assert_refused(&rpc, &[&app, &other, &incomplete], bad);
}

#[test]
fn roots_that_break_their_rules() {
    let Some(stage) = Stage::with(|_, setup| {
        let user = nix::unistd::geteuid();
        setup
            .without_sections()
            .section(&format!(
                "[[authority]]\nname = \"{AUTHORITY}\"\n\
                 root = {{ max_expiry = \"400d\", min_threshold = 2 }}"
            ))
            .section(&privyseal_tests::setup::grant(&format!("uid:{user}")))
    }) else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let root = |edit: &dyn Fn(&mut serde_json::Value)| {
        let document = metadata::root(2, &app.roles);
        app.request("root", "app-root-1", &edited(&document, edit))
    };
    let threshold = |role: &'static str, threshold: u64| {
        root(&|signed| signed["roles"][role]["threshold"] = threshold.into())
    };
    let bad: Vec<Bad> = vec![
        (
            "threshold 0",
            threshold("targets", 0),
            InvalidArgument,
            "THRESHOLD_INVALID",
        ),
        (
            "threshold above the keys",
            threshold("targets", 2),
            InvalidArgument,
            "THRESHOLD_INVALID",
        ),
        (
            "threshold above the root keys",
            threshold("root", 4),
            InvalidArgument,
            "THRESHOLD_INVALID",
        ),
        (
            "threshold below the floor",
            threshold("root", 1),
            FailedPrecondition,
            "THRESHOLD_TOO_LOW",
        ),
        (
            "consistent_snapshot gone",
            root(&|signed| signed["consistent_snapshot"] = false.into()),
            FailedPrecondition,
            "CONSISTENT_SNAPSHOT_CHANGED",
        ),
        (
            "one key counted twice under two keyids",
            root(&|signed| {
                let keyid = signed["roles"]["targets"]["keyids"][0].clone();
                let key = signed["keys"][keyid.as_str().unwrap()].clone();
                let other = "cd".repeat(32);
                signed["keys"][&other] = key;
                let keyids = signed["roles"]["targets"]["keyids"].as_array_mut();
                keyids.unwrap().push(other.into());
                signed["roles"]["targets"]["threshold"] = 2.into();
            }),
            InvalidArgument,
            "THRESHOLD_INVALID",
        ),
        (
            "a keyid that is not the hash of its key",
            root(&|signed| {
                let keyid = signed["roles"]["targets"]["keyids"][0].clone();
                let keys = signed["keys"].as_object_mut().unwrap();
                let key = keys.remove(keyid.as_str().unwrap()).unwrap();
                keys.insert("ab".repeat(32), key);
                signed["roles"]["targets"]["keyids"][0] = "ab".repeat(32).into();
            }),
            InvalidArgument,
            "KEYID_MISMATCH",
        ),
        (
            "a keyid of no key",
            root(&|signed| signed["roles"]["targets"]["keyids"][0] = "ab".repeat(32).into()),
            InvalidArgument,
            "METADATA_INVALID",
        ),
    ];
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn a_root_that_the_old_keys_did_not_sign_is_never_complete() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let usurper = rpc.generate("usurper", "ecdsa-p256", &app.name).unwrap();
    let mut roles = app.roles.clone();
    roles.root = RoleOf::new(1, &[usurper.clone()]);
    roles.targets = RoleOf::new(1, &[usurper]);
    let root = metadata::root(2, &roles);
    let signed = rpc.sign(app.request("root", "usurper", &root)).unwrap();

    let shown = with_signatures(&root, [&signed]);
    let answer = rpc.observe(app.observation("root", &shown));
    assert_eq!(
        answer.unwrap_err().codes(),
        (FailedPrecondition, "INCOMPLETE")
    );
    let next = metadata::root(3, &roles);
    let bad: Vec<Bad> = vec![
        (
            "the root after it",
            app.request("root", "usurper", &next),
            FailedPrecondition,
            "ROOT_NOT_FINAL",
        ),
        (
            "targets with its key",
            app.request("targets", "usurper", &targets()),
            FailedPrecondition,
            "KEY_NOT_IN_ROLE",
        ),
    ];
    assert_refused(&rpc, &[&app], bad);
    app.sign(&rpc, "targets", &targets()).unwrap();
}

#[test]
fn a_keystore_that_is_kept_from_root_keys() {
    let Some(stage) = Stage::with_keystore("holds_root_keys = false") else {
        return;
    };
    let rpc = stage.rpc();
    let mut app = Repository::generate(&rpc, "app");
    let online = rpc
        .generate("online-root", "ecdsa-p256", &app.name)
        .unwrap();
    app.roles.root = RoleOf::new(1, &[online]);
    let root = metadata::root(1, &app.roles);
    app.lineage.first_root = metadata::digest(&root).to_string();
    let bad: Vec<Bad> = vec![(
        "a root with an online key",
        app.request("root", "online-root", &root),
        FailedPrecondition,
        "KEYSTORE_NOT_FOR_ROOT",
    )];
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

#[test]
fn keys_that_can_not_be_made() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let before = Remembered::of(&rpc, &[&app]);
    let good = GenerateKeyRequest {
        keystore: "hsm".into(),
        name: "new".into(),
        algorithm: "ecdsa-p256".into(),
        purpose: "tuf".into(),
        authority: AUTHORITY.into(),
        repository: app.name.clone(),
        first_root: String::new(),
    };
    let with = |change: &dyn Fn(&mut GenerateKeyRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let bad = [
        (
            with(&|r| r.name = "app-targets".into()),
            AlreadyExists,
            "NAME_TAKEN",
        ),
        (
            with(&|r| r.name = "ledger".into()),
            AlreadyExists,
            "NAME_TAKEN",
        ),
        (
            with(&|r| r.name = "../x".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.algorithm = "rsa-1024".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.purpose = "bytes".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.keystore = "vault".into()),
            NotFound,
            "UNKNOWN_KEYSTORE",
        ),
        (
            with(&|r| r.authority = "staging".into()),
            NotFound,
            "UNKNOWN_AUTHORITY",
        ),
        (
            with(&|r| r.repository.clear()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
    ];
    for (request, code, reason) in bad {
        let refusal = rpc.generate_as(request.clone()).unwrap_err();
        assert_eq!(refusal.codes(), (code, reason), "{request:?}");
    }
    assert_eq!(Remembered::of(&rpc, &[&app]), before);
}

#[test]
fn positions_that_the_ledger_has_not() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let size = rpc.head(0).unwrap().head.unwrap().size;
    let far = size + 1_000;
    for refusal in [
        rpc.head(far).unwrap_err(),
        rpc.prove(far, 0).unwrap_err(),
        rpc.prove(0, far).unwrap_err(),
        rpc.prove(u64::MAX, u64::MAX).unwrap_err(),
    ] {
        assert_eq!(refusal.codes(), (OutOfRange, "LEDGER_RANGE"), "{refusal:?}");
    }
}
