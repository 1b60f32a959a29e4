//! Operators list notary keys and remove them.

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::{EnrollKeyRequest, StatusReply};
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::{pkcs11_tool, require, wait};
use tonic::Code;

use crate::content;
use crate::stage::{GUN, Stage, remove};

#[test]
fn notary_keys_are_listed_as_such() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let id = server.key("timestamp");
    let key = stage.listed(&id).unwrap();
    assert!(key.name.starts_with("notary-timestamp-") && key.name.len() == 33);
    assert_eq!((&*key.purpose, &*key.role), ("notary", "timestamp"));
    assert_eq!((&*key.authority, &*key.repository), (AUTHORITY, GUN));
    assert_eq!((&*key.tuf_key, &*key.first_root), ("", ""));
    assert!(key.usable && key.notary_use.is_none());
    assert!(key.protection.unwrap().local);
    // notary-server itself has no business there.
    let refusal = server.rpc().keys().unwrap_err();
    assert_eq!(refusal.code, Code::Unimplemented);
}

#[test]
fn a_removed_key_is_gone_and_its_name_is_never_used_again() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let mut server = stage.server();
    let id = server.key("snapshot");
    server.sign(&id, &content::snapshot(1, 0)).unwrap();
    let key = stage.listed(&id).unwrap();
    let removed = stage.remove(&key.name).unwrap();
    assert_eq!(stage.calls("C_DestroyObject"), 2);
    for _ in 0..2 {
        assert_eq!(stage.listed(&id), None);
        assert_eq!(server.info(&id).unwrap_err().code, Code::NotFound);
        let refused = server.refused(&id, &content::snapshot(2, 0));
        assert_eq!(refused, (Code::NotFound, "UNKNOWN_KEY".to_owned()));
        // Once more is nothing new.
        assert_eq!(stage.remove(&key.name).unwrap().record, removed.record);
        let operator = stage.operator();
        let taken = operator.generate(&key.name, "ecdsa-p256", "example.org/app");
        assert_eq!(taken.unwrap_err().reason, "NAME_TAKEN");
        stage.restart();
        server = stage.server();
    }
    assert_eq!(stage.calls("C_DestroyObject"), 0, "nothing was left of it");
    if require::program("pkcs11-tool") {
        let keys = pkcs11_tool::private_keys(&stage.tls.stage.token);
        assert_eq!(keys.len(), 1, "the ledger's: {keys:?}");
    }
    assert_ne!(server.key("snapshot"), id);
    stage.audit();
}

#[test]
fn nothing_but_notary_keys_is_removed_and_by_operators_alone() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let operator = stage.operator();
    operator
        .generate("tuf", "ecdsa-p256", "example.org/app")
        .unwrap();
    for (name, code, reason) in [
        ("tuf", Code::FailedPrecondition, "NOT_REMOVABLE"),
        ("ledger", Code::FailedPrecondition, "NOT_REMOVABLE"),
        (
            "notary-snapshot-0000000000000000",
            Code::NotFound,
            "UNKNOWN_KEY",
        ),
        ("", Code::InvalidArgument, "REQUEST_MALFORMED"),
        ("a b", Code::InvalidArgument, "REQUEST_MALFORMED"),
    ] {
        assert_eq!(
            stage.remove(name).unwrap_err().codes(),
            (code, reason),
            "{name}"
        );
    }
    let name = stage.listed(&server.key("snapshot")).unwrap().name;
    assert_eq!(
        remove(server.rpc(), &name).unwrap_err().code,
        Code::Unimplemented
    );
}

#[test]
fn a_token_that_goes_keeps_its_key_or_loses_it_when_it_is_back() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let names = {
        let server = stage.server();
        let ids = [server.key("snapshot"), server.key("timestamp")];
        ids.map(|id| stage.listed(&id).unwrap().name)
    };
    let token = stage.tls.stage.token.clone();
    token.vanish();
    // The agent may have seen that it is gone, or not.
    let first = stage.remove(&names[0]);
    stage.tls.stage.agent.wait_state(absent);
    let operator = stage.operator();
    let head = || operator.head(0).unwrap().head;
    let before = head();
    let refusal = stage.remove(&names[1]).unwrap_err();
    assert_eq!(refusal.codes(), (Code::Unavailable, "TOKEN_NOT_FOUND"));
    assert_eq!(head(), before, "nothing is recorded of what can't be done");

    token.come_back();
    wait::until("the token to be used again", || {
        operator.unlock("hsm", token.pin()).ok()
    });
    stage.remove(&names[1]).unwrap();
    if first.is_err() {
        stage.remove(&names[0]).unwrap();
    }
    if require::program("pkcs11-tool") {
        let keys = pkcs11_tool::private_keys(&token);
        assert_eq!(keys.len(), 1, "the ledger's: {keys:?}");
    }
}

fn absent(status: &StatusReply) -> bool {
    status.keystores[0].state() == State::Absent
}

#[test]
fn a_notary_key_is_not_enrolled_for_something_else() {
    let Some(stage) = Stage::new() else { return };
    let id = stage.server().key("snapshot");
    let key = stage.listed(&id).unwrap();
    let enroll = || {
        let refusal = stage.operator().enroll_key(EnrollKeyRequest {
            keystore: "hsm".to_owned(),
            name: "mine".to_owned(),
            object_id: key.object_id.clone(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: "example.org/app".to_owned(),
            first_root: String::new(),
            role: String::new(),
        });
        refusal.unwrap_err().reason
    };
    assert_eq!(enroll(), "NAME_TAKEN");
    stage.remove(&key.name).unwrap();
    assert_eq!(enroll(), "KEY_NOT_FOUND");
}
