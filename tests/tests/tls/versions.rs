//! Versions of TLS, and that every connection shows its certificate anew. OpenSSL judges.

use privyseal_tests::tls_stage::TlsStage;

use crate::s_client::Client;

#[test]
fn tls_1_3_alone_where_nothing_else_is_said() {
    let Some(tls) = TlsStage::new() else { return };
    let caller = tls.caller();
    let said = Client::connect(&tls, Some(&caller), &["-tls1_2"]).ends();
    assert!(said.contains("alert protocol version"), "{said}");
    let said = Client::connect(&tls, Some(&caller), &[]).says("Verify return code");
    assert!(said.contains("New, TLSv1.3"), "{said}");
    assert!(said.contains("ALPN protocol: h2"), "{said}");
}

#[test]
fn tls_1_2_where_the_config_says_so() {
    let Some(tls) = TlsStage::with("tls12 = true", |_, _, setup| setup) else {
        return;
    };
    let caller = tls.caller();
    for (version, shown) in [("-tls1_2", "New, TLSv1.2"), ("-tls1_3", "New, TLSv1.3")] {
        let client = Client::connect(&tls, Some(&caller), &[version]);
        client.says(shown);
    }
    // 1.1 and its ciphers, for an OpenSSL that still offers them.
    let old = ["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    let said = Client::connect(&tls, Some(&caller), &old).ends();
    assert!(said.contains("New, (NONE)"), "{said}");
    // In 1.2 the client hears at once that it needs a certificate.
    let said = Client::connect(&tls, None, &["-tls1_2"]).ends();
    assert!(said.contains("alert"), "{said}");
}

#[test]
fn no_session_is_resumed() {
    let lines = "tls12 = true\nidle_time = \"1s\"";
    let Some(tls) = TlsStage::with(lines, |_, _, setup| setup) else {
        return;
    };
    let caller = tls.caller();
    // Five times more with the session of the first.
    let again = ["-tls1_2", "-reconnect"];
    let said = Client::connect(&tls, Some(&caller), &again).ends();
    assert_eq!(said.matches("New, TLSv1.2").count(), 6, "{said}");
    assert!(!said.contains("Reused, "), "{said}");
    // In 1.3 a session is kept once there is a ticket for it.
    let session = tls.stage.sandbox.join("session");
    let keep = ["-tls1_3", "-sess_out", session.to_str().unwrap()];
    let said = Client::connect(&tls, Some(&caller), &keep).ends();
    assert!(said.contains("New, TLSv1.3"), "{said}");
    assert!(!session.exists());
}
