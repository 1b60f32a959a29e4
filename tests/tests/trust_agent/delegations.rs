//! Delegations: by beginnings of names, one step at a time, and within what is granted.

use privyseal_tests::records;

use crate::documents::{To, edited, replaced, targets};
use crate::image::{Image, bare, foreign};
use crate::reason;
use crate::stage::Stage;

#[test]
fn a_delegated_role_lists_what_begins_as_every_delegation_says() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app");
    let [alice, deep] = ["alice", "deep"].map(|name| {
        let key = stage.key(name, "ecdsa-p256", "delegation", &app.gun);
        bare(&key)
    });
    let to_alice = [To("targets/alice", &[alice], &["v1.", "beta"])];
    let (app, _) = app.published(&ci, &["latest"], &to_alice);
    let sign = |app: &Image, rpc, tags: &[&str]| {
        app.sign(rpc, "targets/alice", "alice", &targets(1, tags, &[]))
    };
    for outside in ["v2", "v1", "Beta", "av1."] {
        let refused = sign(&app, &ci, &["v1.0", outside]);
        assert_eq!(reason(refused), "TARGET_OUTSIDE_DELEGATION", "{outside}");
    }
    let to_deep = [To("targets/alice/deep", &[deep], &[""])];
    let document = targets(1, &["v1.0", "beta"], &to_deep);
    app.completed(&ci, "targets/alice", "alice", &document);

    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    let below = |tags: &[&str]| {
        let document = targets(1, tags, &[]);
        app.sign(&ci, "targets/alice/deep", "deep", &document)
    };
    assert_eq!(reason(below(&["v2"])), "TARGET_OUTSIDE_DELEGATION");
    below(&["v1.1"]).unwrap();
}

#[test]
fn what_notary_would_not_read_is_not_signed() {
    let Some(stage) = Stage::new() else { return };
    let ci = stage.ci();
    let app = Image::new(&stage, "app");
    let alice = bare(&stage.key("alice", "ecdsa-p256", "delegation", &app.gun));
    let keys = std::slice::from_ref(&alice);
    let (app, _) = app.published(&ci, &["latest"], &[To("targets/alice", keys, &[""])]);
    let [bob, stranger] = [foreign(), foreign()];
    let to = |name| targets(2, &[], &[To(name, keys, &[""])]);
    let fine = targets(2, &["v1"], &[To("targets/bob", &[bob], &[""])]);
    let many: Vec<String> = (0..=1_000).map(|n| format!("v{n}.")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let key = app.targets.name.as_str();
    let custom = |json: &str| {
        replaced(
            &fine,
            "\"length\":",
            &format!("\"custom\":{json},\"length\":"),
        )
    };
    let cases = [
        (
            "targets",
            key,
            to("targets/alice/bob"),
            "DELEGATION_NOT_BELOW",
        ),
        (
            "targets",
            key,
            replaced(&fine, "targets/bob", "releases"),
            "METADATA_INVALID",
        ),
        (
            "targets",
            key,
            replaced(&fine, "targets/bob", "targets/Bob"),
            "METADATA_INVALID",
        ),
        (
            "targets",
            key,
            replaced(&fine, "\"threshold\":1", "\"threshold\":2"),
            "THRESHOLD_INVALID",
        ),
        (
            "targets",
            key,
            replaced(&fine, "\"paths\":[\"\"]", "\"paths\":[]"),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "targets",
            key,
            replaced(
                &fine,
                "\"paths\":[\"\"]",
                "\"paths\":[\"\"],\"terminating\":true",
            ),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "targets",
            key,
            replaced(&fine, "\"v1\"", "\"v\\u0001\""),
            "TARGET_PATH_INVALID",
        ),
        (
            "targets",
            key,
            custom("{\"a\":\"\\n\"}"),
            "NOT_AS_GO_PRINTS",
        ),
        ("targets", key, custom("null"), "NOT_AS_GO_PRINTS"),
        (
            "targets",
            key,
            targets(2, &[], &[To("targets/bob", &[stranger], &many)]),
            "DELEGATIONS_TOO_LARGE",
        ),
        (
            "targets",
            key,
            replaced(&fine, "\"private\":null,", ""),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "targets",
            key,
            edited(&fine, |signed| drop(signed.remove("delegations"))),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "targets",
            "alice",
            targets(2, &[], &[]),
            "KEY_OF_OTHER_ROLE",
        ),
        (
            "targets/alice",
            key,
            targets(1, &[], &[]),
            "KEY_OF_OTHER_ROLE",
        ),
        ("targets/bob", "alice", targets(1, &[], &[]), "UNKNOWN_ROLE"),
        (
            "targets/alice",
            "alice",
            targets(1, &[], &[To("targets/bob", keys, &[""])]),
            "DELEGATION_NOT_BELOW",
        ),
        (
            "targets/alice",
            "alice",
            targets(1, &[], &[To("targets/alice/b/c", keys, &[""])]),
            "DELEGATION_NOT_BELOW",
        ),
        (
            "targets/alice",
            "alice",
            targets(1, &[], &[To("targets/alicea/b", keys, &[""])]),
            "DELEGATION_NOT_BELOW",
        ),
        (
            "targets/alice",
            "alice",
            targets(1_001, &[], &[]),
            "VERSION_SKIPPED",
        ),
    ];
    let before = records::decisions(&stage.operator()).len();
    for (role, key, document, expected) in &cases {
        let text = String::from_utf8_lossy(document);
        let refused = app.sign(&ci, role, key, document);
        assert_eq!(reason(refused), *expected, "{role}: {:.2000}", text);
    }
    assert_eq!(records::decisions(&stage.operator()).len(), before);
    // notary-server may keep an earlier signer's versions, and takes only higher ones.
    let skipping = app.sign(&ci, "targets/alice", "alice", &targets(900, &[], &[]));
    skipping.unwrap();
    let again = app.sign(&ci, "targets/alice", "alice", &targets(902, &[], &[]));
    assert_eq!(reason(again), "VERSION_SKIPPED");
    app.sign(&ci, "targets", key, &custom("{\"a\":[1,null,\"<\"]}"))
        .unwrap();
}

#[test]
fn a_grant_limits_tags_beginnings_and_roles() {
    let Some(stage) = Stage::new() else { return };
    let (ci, limited) = (stage.ci(), stage.limited());
    let app = Image::new(&stage, "app");
    let keys = [bare(&stage.key(
        "alice",
        "ecdsa-p256",
        "delegation",
        &app.gun,
    ))];
    let (app, _) = app.published(&ci, &["v1.0"], &[To("targets/alice", &keys, &[""])]);
    let key = app.targets.name.as_str();
    let cases: [(&[&str], &[&str]); 6] = [
        (&["v1.0", "v2"], &["v1."]),
        (&["v1"], &["v1."]),
        (&["v1.0"], &[""]),
        (&["v1.0"], &["v1"]),
        (&["v1.0"], &["v1.", "v2."]),
        (&["v1.0"], &["*"]),
    ];
    for (tags, prefixes) in cases {
        let document = targets(2, tags, &[To("targets/alice", &keys, prefixes)]);
        let refused = app.sign(&limited, "targets", key, &document);
        assert_eq!(reason(refused), "PATH_NOT_GRANTED", "{tags:?} {prefixes:?}");
    }
    let within = [To("targets/alice", &keys, &["v1.", "v1.[*"])];
    let second = targets(2, &["v1.0", "v1.9"], &within);
    app.completed(&limited, "targets", key, &second);

    let tags = |tags: &[&str]| targets(1, tags, &[]);
    let alice = |rpc, role, tags: &[u8]| app.sign(rpc, role, "alice", tags);
    assert_eq!(
        reason(alice(&limited, "targets/bob", &tags(&["v1.0"]))),
        "NO_GRANT"
    );
    assert_eq!(
        reason(alice(&limited, "targets/alice", &tags(&["v2"]))),
        "PATH_NOT_GRANTED"
    );
    alice(&limited, "targets/alice", &tags(&["v1.0"])).unwrap();
    // As docker does, one key has two roles: what is signed for the one holds for the other.
    let both = [
        To("targets/alice", &keys, &[""]),
        To("targets/releases", &keys, &[""]),
    ];
    app.completed(&ci, "targets", key, &targets(3, &[], &both));
    let next = targets(2, &["v1.1"], &[]);
    assert_eq!(reason(alice(&limited, "targets/alice", &next)), "NO_GRANT");
    alice(&ci, "targets/alice", &next).unwrap();
}
