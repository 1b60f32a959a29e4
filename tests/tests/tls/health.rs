//! Health, which strangers may ask for too.

use privyseal_tests::half_sent::{HalfSent, message};
use privyseal_tests::rpc::Rpc;
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::wait;
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const CHECK: &str = "/grpc.health.v1.Health/Check";

fn stage(limits: &str) -> Option<TlsStage> {
    let limits = format!("[limits]\n{limits}");
    TlsStage::with("", |_, _, setup| setup.section(&limits))
}

#[test]
fn what_is_too_long_for_a_name_is_not_read() {
    let Some(tls) = stage("") else { return };
    let stranger = tls.rpc(&tls.callers.client("stranger", &[]));
    for rpc in [&stranger, &tls.rpc(&tls.caller())] {
        let ended = HalfSent::to(rpc, CHECK, message(4 << 20, 0)).ends(rpc);
        let codes = (Code::OutOfRange, "DOCUMENT_TOO_LARGE");
        assert_eq!(ended.codes(), codes, "{ended:?}");
    }
}

#[test]
fn a_request_for_health_has_its_time() {
    let Some(tls) = stage("request_time = \"2s\"") else {
        return;
    };
    let stranger = tls.rpc(&tls.callers.client("stranger", &[]));
    let ended = HalfSent::to(&stranger, CHECK, message(5, 3)).ends(&stranger);
    assert_eq!(ended.reason, "REQUEST_TIMEOUT", "{ended:?}");
}

#[test]
fn strangers_who_ask_for_health_keep_no_caller_out() {
    let Some(tls) = stage("requests = 16") else {
        return;
    };
    let stranger = tls.rpc(&tls.callers.client("stranger", &[]));
    let sent = HalfSent::many(&stranger, 5, CHECK, &message(5, 3));
    wait::until("the agent to refuse one", || {
        sent.iter().any(HalfSent::is_over).then_some(())
    });
    let refusal = stranger.health("").unwrap_err();
    assert_eq!(refusal.reason, "TOO_MANY_REQUESTS", "{refusal:?}");
    let caller = tls.rpc(&tls.caller());
    caller.health("").unwrap();
    caller.keys().unwrap();
    tls.stage.rpc().health("").unwrap();
}

#[test]
fn a_caller_watches_a_few_times() {
    let Some(tls) = stage("requests = 64\ncaller_requests = 2") else {
        return;
    };
    let caller = tls.rpc(&tls.caller());
    let watching: Vec<_> = (0..4).map(|_| watch(&caller).unwrap()).collect();
    assert_eq!(watch(&caller).unwrap_err().code(), Code::ResourceExhausted);
    // Beside its other requests, and others'.
    caller.keys().unwrap();
    watch(&tls.stage.rpc()).unwrap();
    drop(watching);
    wait::until("a place", || watch(&caller).ok());
}

fn watch(rpc: &Rpc) -> Result<Streaming<HealthCheckResponse>, Status> {
    let mut client = HealthClient::new(rpc.channel());
    let watched = rpc.block_on(client.watch(HealthCheckRequest::default()));
    watched.map(tonic::Response::into_inner)
}
