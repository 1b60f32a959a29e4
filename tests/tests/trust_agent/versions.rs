//! One version, one content: signed here, published elsewhere, or given up.

use privyseal_proto::v1::SupersedeRequest;
use privyseal_proto::v1::role_memory::State;
use privyseal_tests::metadata::digest;

use crate::documents::{self, To, replaced, signed, targets};
use crate::image::{Foreign, Image, bare};
use crate::reason;
use crate::stage::Stage;

#[test]
fn versions_follow_what_was_signed_here_and_published_elsewhere() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app");
    let alice = bare(&stage.key("alice", "ecdsa-p256", "delegation", &app.gun));
    let elsewhere = Foreign::new();
    let both = [alice, elsewhere.key.clone()];
    let (app, _) = app.published(&ci, &[], &[To("targets/releases", &both, &[""])]);
    let role = "targets/releases";
    let sign = |rpc, document: &[u8]| app.sign(rpc, role, "alice", document);
    sign(&ci, &targets(1, &["a"], &[])).unwrap();
    // Docker counts on where it likes, and another signer goes on with that.
    let theirs = elsewhere.completed(role, &targets(7, &["a", "b"], &[]));
    assert_eq!(
        reason(sign(&ci, &targets(8, &["c"], &[]))),
        "VERSION_SKIPPED"
    );
    assert!(app.observe(&ci, role, &theirs).unwrap().recorded);
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    for (version, expected) in [
        (6, "VERSION_ROLLBACK"),
        (7, "VERSION_REUSED"),
        (9, "VERSION_SKIPPED"),
    ] {
        let refused = sign(&ci, &targets(version, &["c"], &[]));
        assert_eq!(reason(refused), expected);
    }
    let other = elsewhere.completed(role, &targets(7, &["x"], &[]));
    assert_eq!(reason(app.observe(&ci, role, &other)), "VERSION_REUSED");
    let low = elsewhere.completed(role, &targets(6, &["x"], &[]));
    assert_eq!(reason(app.observe(&ci, role, &low)), "VERSION_ROLLBACK");
    let forged = replaced(
        &elsewhere.completed(role, &targets(8, &["x"], &[])),
        "\"x\"",
        "\"y\"",
    );
    assert_eq!(reason(app.observe(&ci, role, &forged)), "INCOMPLETE");
    sign(&ci, &targets(8, &["a", "b", "c"], &[])).unwrap();
    let memory = app.memory(&ci, role).unwrap();
    assert_eq!((memory.version, memory.state()), (8, State::Final));
    let audit = stage.tls.stage.client("auditor").ok("ledger verify");
    assert!(audit.contains("record"), "{audit}");
}

#[test]
fn an_unfinished_draft_is_given_up_by_an_operator() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let mut app = Image::new(&stage, "app");
    let second = Foreign::new();
    let one = std::slice::from_ref;
    let both = [app.targets.key.clone(), second.key.clone()];
    let root_keys = [app.root[0].key.clone()];
    let snapshot = one(&app.snapshot.key);
    let root = documents::root(1, [&root_keys, &both, snapshot, one(&app.timestamp)], 1);
    let needs_two = format!("{}\"],\"threshold\":1", both[1].keyid());
    let root = match std::str::from_utf8(&root).unwrap().contains(&needs_two) {
        true => replaced(&root, &needs_two, &needs_two.replace(":1", ":2")),
        false => panic!("the order of the keyids"),
    };
    app.completed(&ci, "root", &app.root[0].name, &root);
    app.lineage.first_root = digest(&root).to_string();

    let [wrong, right] = ["wrong", "right"].map(|tag| targets(1, &[tag], &[]));
    let key = app.targets.name.as_str();
    app.sign(&ci, "targets", key, &wrong).unwrap();
    assert_eq!(
        app.memory(&ci, "targets").unwrap().state(),
        State::Committed
    );
    assert_eq!(
        reason(app.sign(&ci, "targets", key, &right)),
        "VERSION_REUSED"
    );
    let supersede = SupersedeRequest {
        lineage: Some(app.lineage.clone()),
        role: "targets".to_owned(),
        version: 1,
        old_digest: digest(&wrong).to_string(),
        new_digest: digest(&right).to_string(),
        reason: "another tag was meant".to_owned(),
        server_refused: false,
    };
    stage.operator().supersede(supersede).unwrap();
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    assert_eq!(
        reason(app.sign(&ci, "targets", key, &wrong)),
        "VERSION_REUSED"
    );
    let ours = app.sign(&ci, "targets", key, &right).unwrap();
    let half = signed(&right, "targets", &[&ours]);
    assert_eq!(reason(app.observe(&ci, "targets", &half)), "INCOMPLETE");
    let complete = second.completed("targets", &half);
    app.observe(&ci, "targets", &complete).unwrap();
    assert_eq!(app.memory(&ci, "targets").unwrap().state(), State::Final);
}

#[test]
fn a_root_that_notary_server_refused_is_given_up_by_an_operator_who_says_so() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let (ci, operator) = (stage.ci(), stage.operator());
    let app = Image::new(&stage, "app").opened(&ci);
    let key = app.root[0].name.clone();
    let wrong = app.root(2);
    let refused_file = app.completed(&ci, "root", &key, &wrong);
    let right = app.root_of(2, &[app.root[0].key.clone()]);
    let sign = |rpc, document: &[u8]| app.sign(rpc, "root", &key, document);
    assert_eq!(reason(sign(&ci, &right)), "VERSION_REUSED");
    let request = |old: &[u8], new: &[u8], server_refused| SupersedeRequest {
        lineage: Some(app.lineage.clone()),
        role: "root".to_owned(),
        version: 2,
        old_digest: digest(old).to_string(),
        new_digest: digest(new).to_string(),
        reason: "the server has another key of timestamp".to_owned(),
        server_refused,
    };
    let supersede = |rpc: &privyseal_tests::rpc::Rpc, old: &[u8], new: &[u8], refused| {
        rpc.supersede(request(old, new, refused)).map(|_| ())
    };
    assert_eq!(
        reason(supersede(&operator, &wrong, &right, false)),
        "NOT_SUPERSEDABLE"
    );
    assert_eq!(
        reason(supersede(&ci, &wrong, &right, true)),
        "OPERATOR_ONLY"
    );
    supersede(&operator, &wrong, &right, true).unwrap();
    stage.tls.stage.agent.restart();
    let (ci, operator) = (stage.ci(), stage.operator());
    assert_eq!(reason(sign(&ci, &wrong)), "VERSION_REUSED");
    // It follows the first root, whose file may still be shown.
    app.observe(&operator, "root", &app.first_root).unwrap();
    let complete = app.completed(&ci, "root", &key, &right);
    assert_eq!(app.memory(&ci, "root").unwrap().state(), State::Final);
    assert_eq!(
        reason(supersede(&operator, &right, &wrong, true)),
        "NOT_SUPERSEDABLE"
    );
    app.observe(&ci, "root", &complete).unwrap();
    let other = app.root_of(2, &[app.root[1].key.clone()]);
    assert_eq!(
        reason(supersede(&operator, &right, &other, true)),
        "NOT_SUPERSEDABLE"
    );
    assert_eq!(
        reason(app.observe(&ci, "root", &refused_file)),
        "VERSION_REUSED"
    );
    let events = stage.tls.stage.client("auditor").ok("ledger show");
    assert!(events.contains("refused by the server"), "{events}");
    sign(&ci, &app.root(3)).unwrap();
}
