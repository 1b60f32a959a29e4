//! Requests of which a part arrives, and then nothing.

use privyseal_tests::certificates::San;
use privyseal_tests::half_sent::{HalfSent, message};
use privyseal_tests::metadata;
use privyseal_tests::rpc::{Refusal, Rpc};
use privyseal_tests::setup::grant;
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::wait;
use tonic::Code;

use crate::stream::Stream;

const OTHER: &str = "other.example.test";
const LIST: &str = "/privyseal.v1.Keys/List";
const SIGN_MANY: &str = "/privyseal.v1.Signing/SignMany";
const TOO_MANY: (Code, &str) = (Code::ResourceExhausted, "TOO_MANY_REQUESTS");
const TIMEOUT: (Code, &str) = (Code::DeadlineExceeded, "REQUEST_TIMEOUT");

/// An agent with these limits, a connection of a caller, and one of another.
fn stage(limits: &str) -> Option<(TlsStage, [Rpc; 2])> {
    let tls = TlsStage::with("", |_, _, setup| {
        let other = grant(&format!("dns:{OTHER}"));
        setup
            .section(&other)
            .section(&format!("[limits]\n{limits}"))
    })?;
    let other = tls.callers.client("other", &[San::Dns(OTHER)]);
    let callers = [tls.rpc(&tls.caller()), tls.rpc(&other)];
    Some((tls, callers))
}

/// Waits for the first of them that the agent ends.
fn first_ended(rpc: &Rpc, sent: Vec<HalfSent>) -> (Refusal, Vec<HalfSent>) {
    let mut sent = sent;
    let over = wait::until("the agent to end one", || {
        sent.iter().position(HalfSent::is_over)
    });
    (sent.remove(over).ends(rpc), sent)
}

#[test]
fn a_request_has_its_time_to_arrive() {
    let Some((_tls, [caller, other])) = stage("request_time = \"2s\"") else {
        return;
    };
    for bytes in [vec![], message(5, 3), message(0, 0)] {
        let ended = HalfSent::to(&caller, LIST, bytes).ends(&caller);
        assert_eq!(ended.codes(), TIMEOUT, "{ended:?}");
    }
    other.keys().unwrap();
}

#[test]
fn half_sent_requests_of_network_callers_keep_no_operator_out() {
    let limits = "requests = 16\ncaller_requests = 8";
    let Some((tls, [caller, other])) = stage(limits) else {
        return;
    };
    let (ended, first) = first_ended(&caller, HalfSent::many(&caller, 9, LIST, &message(5, 3)));
    assert!(
        ended.message.contains("limits.caller_requests"),
        "{ended:?}"
    );
    let (ended, _second) = first_ended(&other, HalfSent::many(&other, 7, LIST, &message(5, 3)));
    assert_eq!(ended.codes(), TOO_MANY, "{ended:?}");
    assert!(ended.message.contains("kept for operators"), "{ended:?}");
    assert!(first.iter().all(|one| !one.is_over()));
    tls.stage.rpc().keys().unwrap();
    for one in first {
        one.give_up();
    }
    wait::until("a place", || caller.keys().ok());
}

#[test]
fn each_message_of_a_stream_has_its_time_and_the_stream_all_of_it() {
    let Some((tls, [caller, _])) = stage("request_time = \"2s\"") else {
        return;
    };
    let app = tls.repository("app");
    let mut stream = Stream::open(&caller);
    // Nothing, then half of a message: longer than all of the time.
    let silent = HalfSent::to(&caller, SIGN_MANY, vec![]);
    for bytes in [message(5, 3), [message(0, 0), message(5, 3)].concat()] {
        let ended = HalfSent::to(&caller, SIGN_MANY, bytes).ends(&caller);
        assert_eq!(ended.codes(), TIMEOUT, "{ended:?}");
    }
    assert!(!silent.is_over());
    let request = app.request("targets", "app", &metadata::targets(1, &[]));
    assert_eq!(stream.ask(request), "signed");
}

#[test]
fn a_stream_is_a_request_in_flight_while_it_is_open() {
    let Some((_tls, [caller, other])) = stage("caller_requests = 2") else {
        return;
    };
    let [first, _second] = [(); 2].map(|()| Stream::open(&caller));
    let refusal = caller.keys().unwrap_err();
    assert_eq!(refusal.codes(), TOO_MANY, "{refusal:?}");
    other.keys().unwrap();
    drop(first);
    wait::until("a place", || caller.keys().ok());
}

#[test]
fn unfinished_bytes_of_one_caller_are_bounded() {
    let Some((tls, [caller, other])) = stage("document_bytes = 65536") else {
        return;
    };
    let app = tls.repository("app");
    // Five of the longest messages, each without its last byte.
    let longest: u32 = 2 * 65_536;
    let unfinished = message(longest, longest as usize - 1);
    let sent = HalfSent::many(&caller, 5, SIGN_MANY, &unfinished);
    let (ended, others) = first_ended(&caller, sent);
    assert_eq!(ended.codes(), TOO_MANY, "{ended:?}");
    let named = ended.message.contains("four times limits.document_bytes");
    assert!(named, "{ended:?}");
    assert!(others.iter().all(|one| !one.is_over()));
    app.sign(&other, "targets", &metadata::targets(1, &[]))
        .unwrap();
    for one in others {
        one.give_up();
    }
    wait::until("room", || {
        let document = metadata::targets(2, &[]);
        app.sign(&caller, "targets", &document).ok()
    });
}

#[test]
fn only_operators_send_long_messages_to_admin() {
    let Some((tls, [caller, _])) = stage("") else {
        return;
    };
    const ENROLL: &str = "/privyseal.v1.Admin/EnrollRepository";
    let long = message(65_537, 0);
    let ended = HalfSent::to(&caller, ENROLL, long.clone()).ends(&caller);
    assert_eq!(ended.codes(), (Code::PermissionDenied, "OPERATOR_ONLY"));
    let operator = tls.stage.rpc();
    let sent = HalfSent::to(&operator, ENROLL, long);
    let short = HalfSent::to(&caller, ENROLL, message(65_536, 0));
    caller.try_status().unwrap();
    assert!(!sent.is_over() && !short.is_over());
}
