//! What Admin.Status and Admin.Watch show to whom, and for how long.

use std::fs;

use nix::sys::signal::Signal;
use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::{StatusReply, WatchRequest};
use privyseal_tests::rpc::{Answer, Refusal, Rpc};
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;
use tonic::Streaming;

fn watch(rpc: &Rpc) -> Answer<Streaming<StatusReply>> {
    rpc.wait(rpc.admin().watch(WatchRequest {}))
}

fn next(rpc: &Rpc, stream: &mut Streaming<StatusReply>) -> Answer<Option<StatusReply>> {
    rpc.block_on(stream.message()).map_err(Refusal::from)
}

/// Changes the config of the running agent, and waits until the caller is an operator by it, or is
/// none.
fn reload(tls: &TlsStage, caller: &Rpc, (from, to): (&str, &str), operator: bool) {
    let agent = &tls.stage.agent;
    let before = fs::read_to_string(agent.config()).unwrap();
    let after = before.replace(from, to);
    assert_ne!(before, after);
    fs::write(agent.config(), after).unwrap();
    agent.signal(Signal::SIGHUP);
    wait::until("the new operators", || {
        (caller.try_status().unwrap().operator == operator).then_some(())
    });
}

#[test]
fn who_is_no_operator_any_more_is_shown_nothing_more() {
    let Some(tls) = TlsStage::new() else { return };
    let caller = tls.rpc(&tls.caller());
    assert_eq!(watch(&caller).unwrap_err().reason, "OPERATOR_ONLY");
    let operators = ("operators = [", format!("operators = [\"dns:{CALLER}\", "));
    reload(&tls, &caller, (operators.0, &operators.1), true);
    let mut watching = watch(&caller).unwrap();
    let first = next(&caller, &mut watching).unwrap().unwrap();
    assert_eq!(first.keystores[0].state(), State::Ready);
    reload(&tls, &caller, (&operators.1, operators.0), false);
    tls.stage.rpc().lock("hsm").unwrap();
    let refusal = next(&caller, &mut watching).unwrap_err();
    assert_eq!(refusal.reason, "OPERATOR_ONLY");
}

#[test]
fn whoever_watches_has_a_place_among_the_requests() {
    let limits = "[limits]\ncaller_requests = 2";
    let Some(tls) = TlsStage::with("", |_, _, setup| setup.section(limits)) else {
        return;
    };
    let operator = tls.stage.rpc();
    let watching: Vec<_> = (0..2).map(|_| watch(&operator).unwrap()).collect();
    assert_eq!(watch(&operator).unwrap_err().reason, "TOO_MANY_REQUESTS");
    tls.rpc(&tls.caller()).try_status().unwrap();
    drop(watching);
    wait::until("a place", || watch(&operator).ok());
}

#[test]
fn an_agent_that_stops_ends_what_is_watched() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    let operator = tls.stage.rpc();
    let mut watching = watch(&operator).unwrap();
    next(&operator, &mut watching).unwrap().unwrap();
    assert!(tls.stage.agent.stop().success());
    assert_eq!(next(&operator, &mut watching).unwrap(), None);
}

#[test]
fn what_a_device_says_is_shown_to_operators_alone() {
    let Some(tls) = TlsStage::new() else { return };
    let (caller, operator) = (tls.rpc(&tls.caller()), tls.stage.rpc());
    let shown = |rpc: &Rpc| rpc.try_status().unwrap().keystores.remove(0);
    let serial = tls.stage.token.serial();
    assert_eq!(shown(&operator).token_serial, serial);
    assert_eq!(shown(&caller).token_serial, "");
    operator.lock("hsm").unwrap();
    assert!(!shown(&operator).detail.is_empty());
    let shown = shown(&caller);
    assert_eq!((shown.state(), &*shown.detail), (State::Locked, ""));
}
