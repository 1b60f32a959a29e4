//! Keys are made for those who may have them, and answered for.

use std::collections::BTreeSet;
use std::thread;

use privyseal_proto::v1::NotaryUse;
use privyseal_tests::{pkcs11_tool, require};
use tonic::Code;

use crate::content;
use crate::judges;
use crate::stage::{GUN, OTHER_GUN, Stage, id_of};

#[test]
fn a_key_is_what_notary_server_reckons_with() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    for (algorithm, length) in [("ecdsa", 91), ("ed25519", 32)] {
        for role in ["snapshot", "timestamp"] {
            let key = server.create(GUN, role, algorithm).unwrap();
            assert_eq!(key.public_key.len(), length);
            let id = id_of(&key);
            assert_eq!(id, judges::id(&key));
            let info = server.info(&id).unwrap();
            assert_eq!(info.key_info, key.key_info);
            assert_eq!(info.public_key, key.public_key);
            assert_eq!(info.role, role);
        }
    }
    if require::program("pkcs11-tool") {
        let keys = pkcs11_tool::private_keys(&stage.tls.stage.token);
        let made = keys.iter().filter(|key| key.contains("notary-"));
        assert_eq!(made.count(), 4, "{keys:?}");
        for key in keys {
            assert!(key.contains("never extractable"), "{key}");
        }
    }
}

#[test]
fn an_unused_key_is_given_again_and_a_used_one_is_not() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let server = stage.server();
    let first = server.key("snapshot");
    assert_eq!(server.key("snapshot"), first);
    stage.restart();
    let server = stage.server();
    assert_eq!(server.key("snapshot"), first);
    // Of another role, algorithm or repository it is another.
    let others = [
        server.create(GUN, "timestamp", "ecdsa"),
        server.create(GUN, "snapshot", "ed25519"),
        server.create("reg.example.test/other", "snapshot", "ecdsa"),
    ];
    let mut all: BTreeSet<_> = others.map(|key| id_of(&key.unwrap())).into();
    assert!(all.insert(first.clone()) && all.len() == 4);

    let used = |stage: &Stage| stage.listed(&first).unwrap().notary_use;
    assert_eq!(used(&stage), None);
    server.sign(&first, &content::snapshot(7, 0)).unwrap();
    let expected = NotaryUse {
        version: 7,
        ..used(&stage).unwrap()
    };
    assert_eq!(used(&stage), Some(expected));
    let second = server.key("snapshot");
    assert!(!all.contains(&second));
    assert_eq!(server.key("snapshot"), second);
    stage.audit();
}

#[test]
fn two_who_ask_at_once_get_one_key() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    for round in 0..3 {
        let gun = format!("reg.example.test/round-{round}");
        let ids: BTreeSet<String> = thread::scope(|scope| {
            let ask = || id_of(&server.create(&gun, "timestamp", "ecdsa").unwrap());
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().map(|ask| ask.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(
        stage.calls("C_GenerateKeyPair"),
        3,
        "the ledger's was made before"
    );
}

#[test]
fn keys_are_made_for_those_alone_whom_the_config_names() {
    let Some(stage) = Stage::new() else { return };
    let (server, other) = (stage.server(), stage.other());
    let stranger = stage.named("stranger.example.test");
    // Named by a [[grant]], but by no [[notary]].
    let signer = stage.named(privyseal_tests::tls_stage::CALLER);
    for (caller, gun, role) in [
        (&stranger, GUN, "snapshot"),
        (&signer, GUN, "snapshot"),
        (&other, GUN, "snapshot"),
        (&server, OTHER_GUN, "snapshot"),
        (&server, "reg.example.test", "snapshot"),
        (&server, "reg.example.test.evil/app", "snapshot"),
        (&other, OTHER_GUN, "timestamp"),
    ] {
        let refusal = caller.create(gun, role, "ecdsa").unwrap_err();
        assert_eq!(
            refusal.codes(),
            (Code::PermissionDenied, "NO_GRANT"),
            "{gun}"
        );
    }
    for role in ["", "root", "targets", "targets/releases", "Snapshot"] {
        let refusal = server.create(GUN, role, "ecdsa").unwrap_err();
        assert_eq!(
            refusal.codes(),
            (Code::InvalidArgument, "UNKNOWN_ROLE"),
            "{role}"
        );
    }
    for algorithm in ["", "rsa", "ECDSA", "ecdsa-p256", "ed448"] {
        let refusal = server.create(GUN, "snapshot", algorithm).unwrap_err();
        assert_eq!(refusal.codes(), (Code::Unknown, "ALGORITHM_UNSUPPORTED"));
        let text = format!("algorithm {algorithm} not supported for create key");
        assert!(refusal.message.starts_with(&text), "{refusal:?}");
        assert!(refusal.message.contains("key_algorithm"), "{refusal:?}");
    }
    let long = format!("reg.example.test/{}", "a".repeat(239));
    for gun in ["", "reg.example.test/a\nb", &long] {
        let refusal = server.create(gun, "snapshot", "ecdsa").unwrap_err();
        assert_eq!(
            refusal.codes(),
            (Code::InvalidArgument, "REQUEST_MALFORMED")
        );
    }
    assert_eq!(stage.calls("C_GenerateKeyPair"), 0);
    // The longest name there is.
    server.create(&long[..255], "snapshot", "ecdsa").unwrap();
    other.create(OTHER_GUN, "snapshot", "ecdsa").unwrap();
}

#[test]
fn who_asks_for_a_key_learns_of_their_own_alone() {
    let Some(stage) = Stage::new() else { return };
    let (server, other) = (stage.server(), stage.other());
    let id = server.key("snapshot");
    stage.tls.stage.token.vanish();
    // While the token is away, what is known is known.
    assert_eq!(server.info(&id).unwrap().role, "snapshot");
    let ledger = stage.operator().keys().unwrap();
    let ledger = ledger.iter().find(|key| key.purpose == "ledger").unwrap();
    for (caller, id) in [
        (&other, &*id),
        (&server, &*"0".repeat(64)),
        (&server, ""),
        (&server, &*"x".repeat(10_000)),
        (&server, &*ledger.keyid),
    ] {
        let expected = (Code::NotFound, "UNKNOWN_KEY");
        assert_eq!(caller.info(id).unwrap_err().codes(), expected);
        assert_eq!(caller.delete(id).unwrap_err().codes(), expected);
        let content = content::snapshot(1, 0);
        assert_eq!(caller.sign(id, &content).unwrap_err().codes(), expected);
    }
    let stranger = stage.named("stranger.example.test");
    for refusal in [
        stranger.info(&id).unwrap_err(),
        stranger.delete(&id).unwrap_err(),
        stranger.sign(&id, &content::snapshot(1, 0)).unwrap_err(),
    ] {
        assert_eq!(refusal.codes(), (Code::PermissionDenied, "NO_GRANT"));
    }
    stage.tls.stage.token.come_back();
}

#[test]
fn each_role_may_have_a_table_of_its_own() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let table = |role: &str, lines: &str| {
        format!(
            "[[notary]]\ncallers = [\"dns:split.example.test\"]\nauthority = \"production\"\n\
             repositories = [\"split/*\"]\nkeystore = \"hsm\"\nroles = [\"{role}\"]\n{lines}"
        )
    };
    let snapshot = table("snapshot", "snapshot = { max_expiry = \"2000d\" }");
    let timestamp = table("timestamp", "timestamp = { max_expiry = \"1d\" }");
    stage.configure(|setup| setup.section(&snapshot).section(&timestamp));
    stage.restart();
    let caller = stage.named("split.example.test");
    for role in ["snapshot", "timestamp"] {
        let id = id_of(&caller.create("split/app", role, "ecdsa").unwrap());
        assert_eq!(caller.info(&id).unwrap().role, role);
        let signed = caller.sign(&id, &content::of(role, 1, 0));
        let reason = signed.map_or_else(|refusal| refusal.reason, |_| "signed".to_owned());
        let expected = match role {
            "snapshot" => "signed",
            _ => "EXPIRY_TOO_FAR",
        };
        assert_eq!(reason, expected, "{role}");
    }
}
