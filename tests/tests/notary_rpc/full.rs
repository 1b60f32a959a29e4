//! A ledger without room, while keys are made.

use std::fs;

use privyseal_tests::tmpfs::Tmpfs;
use privyseal_tests::{pkcs11_tool, require};
use tonic::Code;

use crate::stage::{Stage, id_of};

#[test]
fn a_key_that_cannot_be_recorded_does_not_stay_on_the_token() {
    let mut disk = None;
    let stage = Stage::with(|sandbox| {
        disk = Tmpfs::mount(&sandbox.join("agent/ledger"), 1 << 20);
    });
    let (Some(stage), Some(_disk)) = (stage, disk) else {
        return;
    };
    let server = stage.server();
    let ledger = stage.tls.stage.agent.ledger();
    let filler = ledger.join("filler");
    drop(fs::write(&filler, vec![1; 1 << 20]));
    // A long name makes a record that meets the end of the room before a short one does.
    let gun = |number: u32| format!("reg.example.test/{}/{number}", "long".repeat(50));
    let create = |number| server.create(&gun(number), "timestamp", "ecdsa");
    let refusal = (0..10_000).find_map(|number| match create(number) {
        Ok(key) => server.delete(&id_of(&key)).err(),
        Err(refusal) => Some(refusal),
    });
    let refusal = refusal.expect("the disk is full some time");
    assert_eq!(refusal.codes(), (Code::Unavailable, "LEDGER_FULL"));
    // Now that the agent knows, it does not even make one.
    let made = stage.calls("C_GenerateKeyPair");
    for number in 20_000..20_010 {
        assert_eq!(create(number).unwrap_err().reason, "LEDGER_FULL");
    }
    assert_eq!(stage.calls("C_GenerateKeyPair"), made);

    fs::remove_file(&filler).unwrap();
    let keys = stage.operator().keys().unwrap();
    let known = keys.iter().filter(|key| key.purpose == "notary").count();
    if require::program("pkcs11-tool") {
        let keys = pkcs11_tool::private_keys(&stage.tls.stage.token);
        let there = keys.iter().filter(|key| key.contains("notary-")).count();
        assert_eq!(there, known);
    }
    privyseal_tests::wait::until("room in the ledger", || create(30_000).ok());
    stage.audit();
}
