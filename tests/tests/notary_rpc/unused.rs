//! Keys that were made and never used: so many, and no more.

use privyseal_tests::rpc::Refusal;
use tonic::Code;

use crate::content;
use crate::stage::{GUN, Stage, UNUSED, id_of, remove, remove_unused};

#[test]
fn ten_thousand_invented_names_stop_at_the_cap() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let create = |name: u32| {
        let gun = format!("reg.example.test/invented/{name}");
        server.create(&gun, "timestamp", "ecdsa")
    };
    for name in 0..UNUSED {
        create(name).unwrap();
    }
    let made = stage.calls("C_GenerateKeyPair");
    let calls = stage.calls("C_Find") + stage.calls("C_GetAttributeValue");
    for name in UNUSED..10_000 {
        let refusal = create(name).unwrap_err();
        assert_eq!(
            refusal.codes(),
            (Code::ResourceExhausted, "UNUSED_KEYS_FULL")
        );
    }
    assert_eq!(stage.calls("C_GenerateKeyPair"), made);
    assert_eq!(made, u64::from(UNUSED));
    assert_eq!(
        stage.calls("C_Find") + stage.calls("C_GetAttributeValue"),
        calls
    );
    // Whoever has a key has it still, and another notary-server has its own room.
    create(0).unwrap();
    let other = stage.other();
    let gun = "other.example.test/app";
    other.create(gun, "snapshot", "ecdsa").unwrap();
    // A key that is used makes room for one, and so does one that is deleted.
    let id = id_of(&create(1).unwrap());
    server.sign(&id, &content::timestamp(1, 0)).unwrap();
    create(5_000).unwrap();
    assert!(create(5_001).is_err());
    server.delete(&id_of(&create(0).unwrap())).unwrap();
    create(5_001).unwrap();
    assert!(create(5_002).is_err());
    stage.audit();
}

#[test]
fn notary_server_deletes_its_unused_keys_alone() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let (used, unused) = (server.key("snapshot"), server.key("timestamp"));
    server.sign(&used, &content::snapshot(1, 0)).unwrap();
    let refusal = server.delete(&used).unwrap_err();
    assert_eq!(refusal.codes(), (Code::FailedPrecondition, "KEY_USED"));
    assert!(
        refusal.message.contains("privyseal key remove"),
        "{refusal:?}"
    );
    server.delete(&unused).unwrap();
    assert_eq!(server.info(&unused).unwrap_err().code, Code::NotFound);
    assert_eq!(server.delete(&unused).unwrap_err().code, Code::NotFound);
    assert_eq!(stage.calls("C_DestroyObject"), 2, "both halves of it");
    assert_ne!(server.key("timestamp"), unused);
    server.info(&used).unwrap();
    assert_eq!(stage.listed(&used).unwrap().repository, GUN);
}

#[test]
fn the_nth_key_costs_what_the_second_did() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.configure(|setup| {
        setup.section(
            "[[notary]]\ncallers = [\"dns:many.example.test\"]\nauthority = \"production\"\n\
             repositories = [\"many/*\"]\nkeystore = \"hsm\"",
        )
    });
    stage.restart();
    let caller = stage.named("many.example.test");
    let cost = |first: u32, last: u32| {
        let calls = || ["C_GetAttributeValue", "C_Find"].map(|name| stage.calls(name));
        let before = calls();
        for name in first..last {
            let gun = format!("many/{name}");
            caller.create(&gun, "timestamp", "ecdsa").unwrap();
        }
        let after = calls();
        [after[0] - before[0], after[1] - before[1]]
    };
    let early = cost(0, 10);
    cost(10, 50);
    assert_eq!(cost(50, 60), early);
    assert_eq!(early[1], 0, "nothing is searched for");
}

#[test]
fn what_was_published_gets_new_keys_while_strangers_fill_the_room() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let published = server.key("timestamp");
    server.sign(&published, &content::timestamp(1, 0)).unwrap();
    let invent = |name: u32| {
        let gun = format!("reg.example.test/invented/{name}");
        server.create(&gun, "timestamp", "ecdsa")
    };
    for name in 0..UNUSED {
        invent(name).unwrap();
    }
    let full = |refusal: Refusal| assert_eq!(refusal.codes().1, "UNUSED_KEYS_FULL");
    full(invent(UNUSED).unwrap_err());
    // Its next key waits beside them and takes nobody's room.
    let next = server.key("timestamp");
    assert_ne!(next, published);
    assert_eq!(server.key("timestamp"), next, "the same until it is used");
    server.sign(&next, &content::timestamp(2, 0)).unwrap();
    let snapshot = server.key("snapshot");
    server.sign(&snapshot, &content::snapshot(1, 0)).unwrap();
    full(invent(UNUSED).unwrap_err());
}

#[test]
fn an_operator_who_means_unused_keys_destroys_no_used_one() {
    let Some(stage) = Stage::new() else { return };
    let (server, operator) = (stage.server(), stage.operator());
    let id = server.key("timestamp");
    let name = stage.listed(&id).unwrap().name;
    // It was unused when it was listed.
    server.sign(&id, &content::timestamp(1, 0)).unwrap();
    let refusal = remove_unused(&operator, &name).unwrap_err();
    assert_eq!(refusal.codes(), (Code::FailedPrecondition, "KEY_USED"));
    server.sign(&id, &content::timestamp(2, 0)).unwrap();
    remove(&operator, &name).unwrap();
}
