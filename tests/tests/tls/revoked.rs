//! Certificates that fall while their holders are connected.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use privyseal_proto::v1::SignRequest;
use privyseal_tests::certificates::{Ca, Credential, Leaf, San};
use privyseal_tests::metadata;
use privyseal_tests::openssl;
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::setup::Setup;
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;

use crate::stream::Stream;

/// With a list that revokes nobody yet.
fn with_list() -> Option<TlsStage> {
    TlsStage::with("", |_, callers, setup| list(callers, setup))
}

fn list(callers: &Ca, setup: Setup) -> Setup {
    let list = callers.crl("callers.crl", &[]);
    setup.section(&format!("crl = [\"{}\"]", list.display()))
}

/// Requests for one version of targets after another.
fn requests(app: &Repository) -> impl FnMut() -> SignRequest + use<'_> {
    let mut version = 0;
    move || {
        version += 1;
        let document = metadata::targets(version, &[]);
        app.request("targets", &app.key("targets").name, &document)
    }
}

/// Asks until it gets no signature; the reason.
fn falls(mut ask: impl FnMut() -> String) -> String {
    wait::until("a refusal", || {
        Some(ask()).filter(|answer| answer != "signed")
    })
}

fn unary(rpc: &Rpc, request: SignRequest) -> String {
    match rpc.sign(request) {
        Ok(_) => "signed".to_owned(),
        Err(refusal) => refusal.reason,
    }
}

#[test]
fn who_is_revoked_while_connected_is_out_and_nobody_else() {
    let Some(tls) = with_list() else { return };
    let (app, other) = (tls.repository("app"), tls.repository("other"));
    let caller = tls.caller();
    // Another certificate of the same name stands for itself.
    let same_name = tls.callers.client("same", &[San::Dns(CALLER)]);
    let bystander = tls.rpc(&same_name);
    let rpc = tls.rpc(&caller);
    let mut next = requests(&app);
    assert_eq!(unary(&rpc, next()), "signed");
    let _ = tls.callers.crl("callers.crl", &[&caller]);
    assert_eq!(falls(|| unary(&rpc, next())), "CERTIFICATE_REVOKED");
    wait::until("the connection's end", || {
        (unary(&rpc, next()) != "CERTIFICATE_REVOKED").then_some(())
    });
    let refused = tls.try_rpc(&caller).unwrap_err();
    assert!(!refused.is_empty());
    let mut next = requests(&other);
    assert_eq!(unary(&bystander, next()), "signed");
}

#[test]
fn a_stream_ends_with_its_callers_certificate() {
    let Some(tls) = with_list() else { return };
    let app = tls.repository("app");
    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    let mut stream = Stream::open(&rpc);
    let mut next = requests(&app);
    assert_eq!(stream.ask(next()), "signed");
    let _ = tls.callers.crl("callers.crl", &[&caller]);
    assert_eq!(falls(|| stream.ask(next())), "CERTIFICATE_REVOKED");
    // It asks no more, and is closed all the same.
    stream.ends();
}

#[test]
fn a_certificate_that_expires_while_connected_is_out() {
    let Some(tls) = TlsStage::new() else { return };
    let (one, two) = (tls.repository("one"), tls.repository("two"));
    let leaf = || Leaf::client(&[San::Dns(CALLER)]).expires_in(Duration::from_secs(8));
    let soon: [Credential; 2] = ["a", "b"].map(|name| tls.callers.issue(name, leaf()));
    let [first, second] = [&soon[0], &soon[1]].map(|credential| tls.rpc(credential));
    let mut stream = Stream::open(&second);
    let (mut next_one, mut next_two) = (requests(&one), requests(&two));
    assert_eq!(unary(&first, next_one()), "signed");
    assert_eq!(stream.ask(next_two()), "signed");
    let fell = |answer: String| Some(answer).filter(|answer| answer != "signed");
    let (mut alone, mut streamed) = (None, None);
    let both = wait::until("both to fall", || {
        alone = alone.take().or_else(|| fell(unary(&first, next_one())));
        streamed = streamed.take().or_else(|| fell(stream.ask(next_two())));
        Some([alone.clone()?, streamed.clone()?])
    });
    assert_eq!(both, ["CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"]);
    stream.ends();
    let refused = tls.try_rpc(&soon[0]).unwrap_err();
    assert!(!refused.is_empty());
}

#[test]
fn without_a_list_that_covers_them_callers_are_refused() {
    // The list is another authority's: nothing is known of these callers.
    let Some(tls) = TlsStage::with("", |sandbox, _, setup| list(&Ca::new(sandbox, "x"), setup))
    else {
        return;
    };
    let caller = tls.caller();
    assert!(tls.try_rpc(&caller).is_err());
    // The same path, a list that covers them.
    let list = tls.callers.crl("callers.crl", &[]);
    std::fs::rename(list, tls.stage.sandbox.join("x/callers.crl")).unwrap();
    wait::until("to be let in", || tls.try_rpc(&caller).ok());
}

#[test]
fn of_two_lists_the_newer_holds_and_both_forms_are_read() {
    let mut made = None;
    let Some(tls) = TlsStage::with("", |_, callers, setup| {
        let caller = callers.client("caller", &[San::Dns(CALLER)]);
        let old = callers.crl("old.crl", &[]);
        let second = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs()
        };
        let before = second();
        wait::until("another second: lists know no less", || {
            (second() > before).then_some(())
        });
        let new = callers.crl("new.crl", &[&caller]);
        let der = callers.directory().join("new.der");
        let paths = [&new, &der].map(|path| path.to_str().unwrap());
        let [new, der] = paths;
        let convert = ["crl", "-outform", "DER", "-in", new, "-out", der];
        assert!(openssl::agrees(&convert));
        made = Some(caller);
        setup.section(&format!("crl = [\"{}\", \"{der}\"]", old.display()))
    }) else {
        return;
    };
    let refused = tls.try_rpc(&made.unwrap()).unwrap_err();
    assert!(!refused.is_empty());
    let other = tls.callers.client("other", &[San::Dns(CALLER)]);
    tls.rpc(&other).head(0).unwrap();
}
