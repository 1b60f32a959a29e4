//! Who gets no connection. OpenSSL says with which alert (RFC 8446, section 6.2).

use std::process::Command;

use privyseal_tests::certificates::Ca;
use privyseal_tests::certificates::{Credential, Leaf, San};
use privyseal_tests::metadata;
use privyseal_tests::require;
use privyseal_tests::tls_stage::{CALLER, TlsStage};

use crate::s_client::Client;

/// The alert with which the agent refuses this certificate.
fn alert(tls: &TlsStage, credential: Option<&Credential>) -> String {
    let said = Client::connect(tls, credential, &[]).ends();
    let alert = said.split("alert ").nth(1);
    let alert = alert.unwrap_or_else(|| panic!("no alert: {said}"));
    alert.split(':').next().unwrap().to_owned()
}

#[test]
fn a_certificate_that_is_not_good_now_gets_no_connection() {
    let mut revoked = None;
    let Some(tls) = TlsStage::with("", |_, callers, setup| {
        let bad = callers.client("revoked", &[San::Dns(CALLER)]);
        let list = callers.crl("callers.crl", &[&bad]);
        revoked = Some(bad);
        setup.section(&format!("crl = [\"{}\"]", list.display()))
    }) else {
        return;
    };
    let leaf = || Leaf::client(&[San::Dns(CALLER)]);
    let other = Ca::new(&tls.stage.sandbox, "other");
    // A CA of the same name is another CA.
    let same_name = Ca::new(&tls.stage.sandbox, "deeper/callers");
    let refused = [
        (other.client("other", &[San::Dns(CALLER)]), "unknown ca"),
        (same_name.issue("same", leaf()), "unknown ca"),
        (
            tls.callers.issue("expired", leaf().expired()),
            "certificate expired",
        ),
        (
            tls.callers.issue("early", leaf().not_yet_valid()),
            "certificate expired",
        ),
        (revoked.unwrap(), "certificate revoked"),
        (tls.callers.server("server", &[CALLER]), "certificate"),
    ];
    for (credential, expected) in &refused {
        let shown = credential.certificate.display();
        let alert = alert(&tls, Some(credential));
        assert!(alert.contains(expected), "{shown}: {alert}");
        let refused = tls.try_rpc(credential);
        assert!(refused.is_err(), "{shown} is let in");
    }
    assert_eq!(alert(&tls, None), "certificate required");
    tls.try_rpc(&tls.caller()).unwrap();
}

#[test]
fn what_is_no_tls_is_closed_and_fills_no_log() {
    let Some(tls) = TlsStage::new() else { return };
    if !require::program("curl") {
        return;
    }
    let app = tls.repository("app");
    let rpc = tls.rpc(&tls.caller());
    let url = format!("http://{}/privyseal.v1.Signing/Sign", tls.address());
    for http in ["--http1.1", "--http2-prior-knowledge"] {
        for _ in 0..20 {
            let asked = Command::new("curl")
                .args(["--silent", "--max-time", "30", http, &url])
                .output()
                .unwrap();
            let (code, answer) = (asked.status.code(), asked.stdout);
            assert!(![Some(0), Some(28)].contains(&code), "{code:?}");
            assert!(!answer.windows(4).any(|text| text == b"HTTP"));
        }
    }
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
    let log = tls.stage.agent.log();
    let lines = log.lines().filter(|line| line.contains("turned away"));
    // One line in ten seconds, of forty.
    assert!((1..20).contains(&lines.count()), "{log}");
}

#[test]
fn a_caller_who_speaks_http_1_gets_no_answer() {
    let Some(tls) = TlsStage::new() else { return };
    if !require::program("curl") {
        return;
    }
    let caller = tls.caller();
    let port = tls.address().port();
    let asked = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "30", "--http1.1"])
        .arg("--cacert")
        .arg(tls.servers.path())
        .arg("--cert")
        .arg(&caller.certificate)
        .arg("--key")
        .arg(&caller.key)
        .arg(format!("https://localhost:{port}/"))
        .output()
        .unwrap();
    let code = asked.status.code();
    assert!(![Some(0), Some(28)].contains(&code), "{asked:?}");
    tls.rpc(&caller).head(0).unwrap();
}
