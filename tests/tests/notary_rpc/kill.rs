//! The agent is killed between a decision and its signature.

use std::thread;
use std::time::Duration;

use privyseal_tests::shim::Fault;
use privyseal_tests::wait;
use tonic::Code;

use crate::content::timestamp;
use crate::judges;
use crate::stage::{GUN, Stage, id_of};

#[test]
fn what_was_decided_on_before_a_crash_can_still_be_signed() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let server = stage.server();
    let key = server.create(GUN, "timestamp", "ecdsa").unwrap();
    let id = id_of(&key);
    server.sign(&id, &timestamp(1, 0)).unwrap();
    let hang = Fault::Sleep(Duration::from_secs(60));
    stage.shim.inject(&[("C_Sign", None, hang)]).unwrap();
    let asked = {
        let (server, id) = (server.clone(), id.clone());
        thread::spawn(move || server.sign(&id, &timestamp(2, 0)))
    };
    wait::until("the decision", || {
        let last = stage.decisions().last().map(|decision| decision.version);
        (last == Some(2)).then_some(())
    });
    stage.tls.stage.agent.kill();
    assert!(asked.join().unwrap().is_err());
    stage.shim.clear().unwrap();
    stage.tls.stage.agent.start();

    let server = stage.server();
    let rollback = (Code::FailedPrecondition, "VERSION_ROLLBACK".to_owned());
    assert_eq!(server.refused(&id, &timestamp(1, 0)), rollback);
    // The same bytes: signed now, as no other content of that version was.
    let content = timestamp(2, 0);
    let signed = server.sign(&id, &content).unwrap();
    assert!(judges::verifies(&key, &content, &signed));
    assert_eq!(server.sign(&id, &content).unwrap(), signed);
    let decided: Vec<_> = stage
        .decisions()
        .iter()
        .map(|d| (d.version, d.reissued))
        .collect();
    assert_eq!(decided, [(1, false), (2, false), (2, false)]);
    stage.audit();
}

#[test]
fn a_signature_that_failed_is_made_when_it_is_asked_for_again() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let id = server.key("timestamp");
    stage
        .shim
        .inject(&[("C_Sign", None, Fault::Corrupt)])
        .unwrap();
    let refused = server.refused(&id, &timestamp(1, 0));
    assert_eq!(refused, (Code::Internal, "SIGNATURE_WRONG".to_owned()));
    stage.shim.clear().unwrap();
    server.sign(&id, &timestamp(1, 0)).unwrap();
    assert_eq!(stage.decisions().len(), 2);
    stage.audit();
}
