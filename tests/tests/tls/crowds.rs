//! What one caller may have at a time, while another works.

use std::time::Duration;

use privyseal_tests::certificates::San;
use privyseal_tests::metadata;
use privyseal_tests::require::SOFTHSM;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::setup::grant;
use privyseal_tests::shim::{Fault, Shim};
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;
use tonic::Code;

const OTHER: &str = "other.example.test";

#[test]
fn one_callers_requests_leave_room_for_others() {
    let mut shim = None;
    let Some(tls) = TlsStage::with("", |sandbox, _, setup| {
        let controlled = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
        let setup = setup
            .shim(&controlled)
            .section(&grant(&format!("dns:{OTHER}")))
            .section("[limits]\ncaller_requests = 2");
        shim = Some(controlled);
        setup
    }) else {
        return;
    };
    let shim = shim.unwrap();
    let repositories = ["one", "two"].map(|name| tls.repository(name));
    let caller = tls.caller();
    let before = shim.calls("C_Sign").unwrap();
    let minute = Fault::Sleep(Duration::from_secs(60));
    shim.inject(&[("C_Sign", None, minute)]).unwrap();
    let signing = repositories.each_ref().map(|app| {
        let (rpc, app) = (tls.rpc(&caller), app.clone());
        std::thread::spawn(move || app.sign(&rpc, "targets", &metadata::targets(1, &[])))
    });
    wait::until("the token to be asked twice", || {
        (shim.calls("C_Sign").unwrap() >= before + 2).then_some(())
    });
    // On a third connection, and with a certificate of its own.
    let refusal = tls.rpc(&caller).keys().unwrap_err();
    let codes = (Code::ResourceExhausted, "TOO_MANY_REQUESTS");
    assert_eq!(refusal.codes(), codes);
    assert!(
        refusal.message.contains("limits.caller_requests"),
        "{refusal:?}"
    );
    let other = tls.callers.client("other", &[San::Dns(OTHER)]);
    tls.rpc(&other).keys().unwrap();
    shim.clear().unwrap();
    for signed in signing {
        signed.join().unwrap().unwrap();
    }
    tls.rpc(&caller).keys().unwrap();
}

#[test]
fn one_callers_connections_leave_room_for_others() {
    let limits = "[limits]\ncaller_connections = 2\nconnections = 32";
    let Some(tls) = TlsStage::with("", |_, _, setup| {
        let other = grant(&format!("dns:{OTHER}"));
        setup.section(&other).section(limits)
    }) else {
        return;
    };
    let caller = tls.caller();
    let first = [tls.rpc(&caller), tls.rpc(&caller)];
    assert!(tls.try_rpc(&caller).is_err());
    assert!(tls.stage.agent.log().contains("limits.caller_connections"));
    let other = tls.callers.client("other", &[San::Dns(OTHER)]);
    tls.rpc(&other).head(0).unwrap();
    for rpc in &first {
        rpc.head(0).unwrap();
    }
    drop(first);
    wait::until("a place", || tls.try_rpc(&caller).ok());
}

#[test]
fn strangers_with_certificates_get_an_eighth() {
    let limits = "[limits]\nconnections = 16";
    let Some(tls) = TlsStage::with("", |_, _, setup| setup.section(limits)) else {
        return;
    };
    let strangers: Vec<_> = (0..20)
        .map(|at| tls.callers.client(&format!("stranger-{at}"), &[]))
        .collect();
    let held: Vec<_> = strangers.iter().map(|one| tls.try_rpc(one)).collect();
    let inside = held.iter().filter(|held| held.is_ok()).count();
    assert_eq!(inside, 2);
    for _ in 0..3 {
        tls.rpc(&tls.caller()).head(0).unwrap();
    }
}

#[test]
fn certificates_of_one_name_are_one_caller() {
    let limits = "[limits]\ncaller_connections = 2\nconnections = 32";
    let Some(tls) = TlsStage::with("", |_, _, setup| setup.section(limits)) else {
        return;
    };
    let renewed = |at: u32| {
        let name = [San::Dns(CALLER)];
        tls.callers.client(&format!("renewed-{at}"), &name)
    };
    let _held = [tls.rpc(&renewed(1)), tls.rpc(&renewed(2))];
    assert!(tls.try_rpc(&renewed(3)).is_err());
    assert!(tls.stage.agent.log().contains("limits.caller_connections"));
}

#[test]
fn network_callers_together_keep_no_operator_out() {
    let limits = "[limits]\nconnections = 16\ncaller_connections = 16";
    let Some(tls) = TlsStage::with("", |_, _, setup| setup.section(limits)) else {
        return;
    };
    let app = tls.repository("app");
    let caller = tls.caller();
    let held: Vec<_> = (0..20).map_while(|_| tls.try_rpc(&caller).ok()).collect();
    assert!((10..=14).contains(&held.len()), "{}", held.len());
    let operator = Rpc::try_connect(&tls.stage.agent.socket()).unwrap();
    app.sign(&operator, "targets", &metadata::targets(1, &[]))
        .unwrap();
}
