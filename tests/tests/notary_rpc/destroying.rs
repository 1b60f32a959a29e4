//! A key's end: recorded, then carried out, whatever comes in between.

use std::thread;
use std::time::Duration;

use privyseal_tests::shim::Fault;
use privyseal_tests::wait;
use tonic::Code;

use crate::content::{snapshot, timestamp};
use crate::judges;
use crate::stage::{GUN, Stage, id_of};

/// CKR_DEVICE_MEMORY: the token has a bad day.
const DEVICE_MEMORY: u64 = 0x31;

#[test]
fn what_a_crash_left_is_destroyed_at_the_next_start() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let server = stage.server();
    let (first, second) = (server.key("snapshot"), server.key("timestamp"));
    let name = stage.listed(&first).unwrap().name;
    let broken = Fault::Answer(DEVICE_MEMORY);
    stage
        .shim
        .inject(&[("C_DestroyObject", None, broken)])
        .unwrap();
    let failed = stage.remove(&name).unwrap_err();
    assert_eq!(failed.reason, "KEYSTORE_REFUSED");
    assert!(failed.message.contains("CKR_DEVICE_MEMORY"), "{failed:?}");
    // It is removed all the same.
    assert_eq!(server.info(&first).unwrap_err().code, Code::NotFound);
    assert_eq!(stage.listed(&first), None);
    stage.tls.stage.agent.kill();
    stage.shim.clear().unwrap();
    stage.tls.stage.agent.start();
    wait::until("the first to be destroyed", || {
        (stage.calls("C_DestroyObject") == 2).then_some(())
    });
    // Asking again is safe, and says so.
    stage.remove(&name).unwrap();
    assert_eq!(stage.calls("C_DestroyObject"), 2);
    stage.server().info(&second).unwrap();
    stage.audit();
}

#[test]
fn a_token_that_would_not_destroy_is_asked_again() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let id = server.key("snapshot");
    let name = stage.listed(&id).unwrap().name;
    let broken = Fault::Answer(DEVICE_MEMORY);
    stage
        .shim
        .inject(&[("C_DestroyObject", None, broken)])
        .unwrap();
    assert!(stage.remove(&name).is_err());
    stage.shim.clear().unwrap();
    let before = stage.calls("C_DestroyObject");
    stage.remove(&name).unwrap();
    assert_eq!(stage.calls("C_DestroyObject"), before + 2);
}

#[test]
fn making_and_destroying_keys_does_not_disturb_signatures() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let key = server.create(GUN, "snapshot", "ecdsa").unwrap();
    let id = id_of(&key);
    let other = server.key("timestamp");
    let [name, unused] = [&id, &other].map(|id| stage.listed(id).unwrap().name);
    let slow = Fault::Sleep(Duration::from_millis(300));
    stage.shim.inject(&[("C_SignInit", None, slow)]).unwrap();
    let content = snapshot(1, 0);
    thread::scope(|scope| {
        let asked = scope.spawn(|| server.sign(&id, &content));
        wait::until("the decision", || stage.decisions().first().map(drop));
        // Another key comes, one goes, and the one that signs goes too: after its signature.
        server
            .create("reg.example.test/new", "snapshot", "ecdsa")
            .unwrap();
        stage.remove(&unused).unwrap();
        stage.remove(&name).unwrap();
        let signed = asked.join().unwrap().unwrap();
        assert!(judges::verifies(&key, &content, &signed));
    });
    stage.shim.clear().unwrap();
    let id = server.key("timestamp");
    server.sign(&id, &timestamp(1, 0)).unwrap();
    let log = stage.tls.stage.agent.log();
    assert!(!log.contains("session ended"), "{log}");
    stage.audit();
}
