//! A document, and the last one that its key signed.

use privyseal_proto::v1::AcceptRestoredRequest;
use tonic::Code;

use crate::content::{self, timestamp};
use crate::judges;
use crate::stage::{GUN, OTHER_GUN, Stage, id_of};

#[test]
fn a_version_may_be_any_at_first_then_the_last_or_the_next() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let mut server = stage.server();
    let key = server.create(GUN, "timestamp", "ecdsa").unwrap();
    let id = id_of(&key);
    let rollback = (Code::FailedPrecondition, "VERSION_ROLLBACK".to_owned());
    let skipped = (Code::FailedPrecondition, "VERSION_SKIPPED".to_owned());
    server.sign(&id, &timestamp(7, 0)).unwrap();
    // After a restart the answers are the same: the memory is a fold.
    for _ in 0..2 {
        assert_eq!(server.refused(&id, &timestamp(6, 0)), rollback);
        assert_eq!(server.refused(&id, &timestamp(9, 0)), skipped);
        stage.restart();
        server = stage.server();
    }
    let refusal = server.sign(&id, &timestamp(1, 0)).unwrap_err();
    for word in ["version 1", "version 7", GUN, "privyseal notary restored"] {
        assert!(refusal.message.contains(word), "{refusal:?}");
    }
    server.sign(&id, &timestamp(8, 0)).unwrap();
    // Each key has versions of its own.
    let other = server.create(GUN, "timestamp", "ed25519").unwrap();
    server.sign(&id_of(&other), &timestamp(2, 0)).unwrap();
    stage.audit();
}

#[test]
fn the_same_bytes_get_the_same_signature_and_others_are_reissued() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let mut server = stage.server();
    let key = server.create(GUN, "timestamp", "ecdsa").unwrap();
    let id = id_of(&key);
    let first = server.sign(&id, &timestamp(1, 0)).unwrap();
    for _ in 0..2 {
        // ECDSA is random: a new signature would be another.
        assert_eq!(server.sign(&id, &timestamp(1, 0)).unwrap(), first);
        stage.restart();
        server = stage.server();
    }
    assert_eq!(stage.decisions().len(), 1);

    // Two publishers at once: both get theirs, and the ledger knows.
    for (salt, reissued) in [(1, true), (0, true), (2, true)] {
        let content = timestamp(1, salt);
        let signed = server.sign(&id, &content).unwrap();
        assert!(judges::verifies(&key, &content, &signed));
        assert_eq!(stage.decisions().last().unwrap().reissued, reissued);
    }
    assert_eq!(stage.decisions().len(), 4);
    server.sign(&id, &timestamp(2, 2)).unwrap();
    assert!(!stage.decisions().last().unwrap().reissued);
    stage.audit();
}

#[test]
fn after_a_restore_the_next_version_may_be_any_once() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let server = stage.server();
    let (id, snapshot) = (server.key("timestamp"), server.key("snapshot"));
    server.sign(&id, &timestamp(50, 0)).unwrap();
    server.sign(&snapshot, &content::snapshot(40, 0)).unwrap();
    let other = stage.other();
    let others = other.create(OTHER_GUN, "snapshot", "ecdsa").unwrap();
    let others = id_of(&others);
    other.sign(&others, &content::snapshot(30, 0)).unwrap();

    // What was never used needs nothing.
    server
        .create("reg.example.test/unused", "snapshot", "ecdsa")
        .unwrap();
    let accepted = stage.restored("reg.example.test/**").unwrap();
    let mut expected = [&id, &snapshot].map(|id| stage.listed(id).unwrap().name);
    expected.sort();
    assert_eq!(accepted.keys, expected);
    assert!(stage.listed(&id).unwrap().notary_use.unwrap().restored);
    assert!(!stage.listed(&others).unwrap().notary_use.unwrap().restored);
    stage.restart();
    let (server, other) = (stage.server(), stage.other());

    // What was signed last is still known by its bytes, which is no next version.
    server.sign(&id, &timestamp(50, 0)).unwrap();
    server.sign(&id, &timestamp(20, 0)).unwrap();
    assert!(!stage.listed(&id).unwrap().notary_use.unwrap().restored);
    let rollback = (Code::FailedPrecondition, "VERSION_ROLLBACK".to_owned());
    assert_eq!(server.refused(&id, &timestamp(19, 0)), rollback);
    server.sign(&id, &timestamp(21, 0)).unwrap();
    server.sign(&snapshot, &content::snapshot(41, 0)).unwrap();
    assert_eq!(
        server.refused(&snapshot, &content::snapshot(1, 0)),
        rollback
    );
    assert_eq!(other.refused(&others, &content::snapshot(1, 0)), rollback);
    stage.audit();
}

#[test]
fn only_operators_accept_a_restored_database() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    server
        .sign(&server.key("timestamp"), &timestamp(1, 0))
        .unwrap();
    let operator = stage.operator();
    let ask = |authority: &str, repositories: &str, reason: &str| {
        let request = AcceptRestoredRequest {
            authority: authority.to_owned(),
            repositories: repositories.to_owned(),
            reason: reason.to_owned(),
        };
        let refusal = operator.wait(operator.admin().accept_restored(request));
        refusal.unwrap_err().reason
    };
    assert_eq!(
        ask("production", "reg.example.test/*", "why"),
        "UNKNOWN_KEY"
    );
    assert_eq!(ask("production", "", "why"), "UNKNOWN_KEY");
    assert_eq!(ask("elsewhere", "**", "why"), "UNKNOWN_AUTHORITY");
    assert_eq!(ask("production", "a{", "why"), "REQUEST_MALFORMED");
    assert_eq!(ask("production", "**", " "), "REQUEST_MALFORMED");
    assert_eq!(
        ask("production", "**", &"x".repeat(1_025)),
        "REQUEST_MALFORMED"
    );
    // notary's listener has nothing of the operators'.
    let request = AcceptRestoredRequest::default();
    let rpc = server.rpc();
    let refusal = rpc.wait(rpc.admin().accept_restored(request)).unwrap_err();
    assert_eq!(refusal.code, Code::Unimplemented);
}
