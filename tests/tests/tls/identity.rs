//! Who a caller is, by its certificate.

use std::fs;

use nix::sys::signal::Signal;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_tests::certificates::{Credential, San};
use privyseal_tests::metadata;
use privyseal_tests::records;
use privyseal_tests::setup::grant;
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;

#[test]
fn a_caller_signs_over_tls_and_the_ledger_names_its_certificate() {
    let Some(tls) = TlsStage::new() else { return };
    let app = tls.repository("app");
    let caller = tls.caller();
    let signed = app.sign(&tls.rpc(&caller), "targets", &metadata::targets(1, &[]));
    let record = usize::try_from(signed.unwrap().record).unwrap();
    let Event::Decision(decision) = &records::events(&tls.stage.rpc())[record] else {
        panic!("record {record} is no decision");
    };
    let by = decision.caller.clone().unwrap();
    assert_eq!(by.name, format!("dns:{CALLER}"));
    assert_eq!(hex::encode(by.certificate), caller.fingerprint());
}

#[test]
fn each_kind_of_name_and_the_fingerprint_get_their_grants() {
    let mut made: Option<Credential> = None;
    let Some(tls) = TlsStage::with("", |_, callers, setup| {
        // Its name is granted nothing; it is.
        let bare = callers.client("bare", &[San::Dns("other.example.test")]);
        let fingerprint = grant(&format!("cert:{}", bare.fingerprint()));
        made = Some(bare);
        setup
            .section(&grant("email:Releases@Example.test"))
            .section(&grant("uri:spiffe://example.test/ci"))
            .section(&fingerprint)
    }) else {
        return;
    };
    let email = San::Email("Releases@EXAMPLE.test");
    let also = [San::Dns("x.example.test"), San::Dns("CI.Example.Test")];
    let callers = [
        ("dns", tls.callers.client("a", &[San::Dns(CALLER)])),
        ("second", tls.callers.client("b", &also)),
        ("email", tls.callers.client("c", &[email])),
        (
            "uri",
            tls.callers
                .client("d", &[San::Uri("spiffe://example.test/ci")]),
        ),
        ("cert", made.unwrap()),
    ];
    for (name, credential) in callers {
        let app = tls.repository(name);
        let rpc = tls.rpc(&credential);
        let signed = app.sign(&rpc, "targets", &metadata::targets(1, &[]));
        signed.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    }
}

#[test]
fn a_certificate_for_another_name_is_only_told_no() {
    let Some(tls) = TlsStage::new() else { return };
    let app = tls.repository("app");
    let document = metadata::targets(1, &[]);
    let others = [
        ("dns", vec![San::Dns("other.example.test")]),
        ("below", vec![San::Dns("x.ci.example.test")]),
        ("star", vec![San::Dns("*.example.test")]),
        ("uri", vec![San::Uri("dns:ci.example.test")]),
        ("email", vec![San::Email("ci.example.test@example.test")]),
        // A common name is no name: it is shown to people.
        (CALLER, vec![]),
    ];
    for (name, names) in others {
        let rpc = tls.rpc(&tls.callers.client(name, &names));
        let refusal = app.sign(&rpc, "targets", &document).unwrap_err();
        assert_eq!(refusal.reason, "NO_GRANT", "{name}");
        assert_eq!(rpc.try_status().unwrap_err().reason, "NO_GRANT", "{name}");
    }
}

#[test]
fn an_operator_may_be_a_certificate() {
    let Some(tls) = TlsStage::new() else { return };
    let rpc = tls.rpc(&tls.caller());
    assert_eq!(rpc.lock("hsm").unwrap_err().reason, "OPERATOR_ONLY");
    let config = tls.stage.agent.config();
    let text = fs::read_to_string(&config).unwrap();
    let named = format!("operators = [\"dns:{CALLER}\", ");
    fs::write(config, text.replace("operators = [", &named)).unwrap();
    tls.stage.agent.signal(Signal::SIGHUP);
    wait::until("the operator", || rpc.lock("hsm").ok());
}
