//! Roots and keys that break the rules: each gets its gRPC code and reason code, and changes
//! nothing.

use privyseal_proto::v1::{LineageRef, SignRequest};
use privyseal_tests::bad::{Bad, assert_refused};
use privyseal_tests::metadata::{self, RoleOf, edited, in_days, with_signatures};
use privyseal_tests::repository::Repository;
use privyseal_tests::setup::{AUTHORITY, grant};
use privyseal_tests::stage::Stage;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound};

fn targets() -> Vec<u8> {
    metadata::targets(2, &[("a.txt", b"a2")])
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
            .section(&grant(&format!("uid:{user}")))
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
    roles.root = RoleOf::new(1, std::slice::from_ref(&usurper));
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
