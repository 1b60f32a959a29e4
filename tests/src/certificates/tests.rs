//! OpenSSL judges the certificates.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::{Ca, Credential, Leaf, San};
use crate::openssl::agrees;
use crate::sandbox::Sandbox;

#[test]
fn openssl_accepts_what_is_issued_for_its_purpose_and_its_time() {
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "ca");
    let other = Ca::new(&sandbox, "other");
    let server = ca.server("server", &["localhost", "127.0.0.1"]);
    let names = [
        San::Dns("ci.example.test"),
        San::Email("releases@example.test"),
        San::Uri("spiffe://example.test/ci"),
    ];
    let client = ca.client("client", &names);
    let both = ca.issue("both", Leaf::server_and_client(&["localhost"]));
    assert!(verifies(&ca, &server, &["-purpose", "sslserver"]));
    assert!(verifies(&ca, &server, &["-verify_ip", "127.0.0.1"]));
    assert!(verifies(&ca, &server, &["-verify_hostname", "localhost"]));
    assert!(!verifies(&ca, &server, &["-purpose", "sslclient"]));
    assert!(!verifies(&other, &server, &[]));
    assert!(verifies(&ca, &client, &["-purpose", "sslclient"]));
    let address = ["-verify_email", "releases@example.test"];
    assert!(verifies(&ca, &client, &address));
    assert!(!verifies(&ca, &client, &["-purpose", "sslserver"]));
    for purpose in ["sslserver", "sslclient"] {
        assert!(verifies(&ca, &both, &["-purpose", purpose]));
    }
    let soon = Leaf::client(&names).expires_in(Duration::from_secs(600));
    let soon = ca.issue("soon", soon);
    assert!(verifies(&ca, &soon, &[]));
    let after = (jiff::Timestamp::now().as_second() + 601).to_string();
    assert!(!verifies(&ca, &soon, &["-attime", &after]));
    let expired = ca.issue("expired", Leaf::client(&names).expired());
    assert!(!verifies(&ca, &expired, &[]));
    let early = ca.issue("early", Leaf::client(&names).not_yet_valid());
    assert!(!verifies(&ca, &early, &[]));
}

#[test]
fn openssl_finds_the_revoked_and_only_those() {
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "ca");
    let [one, two] = ["one", "two"].map(|name| ca.client(name, &[San::Dns(name)]));
    let list = ca.crl("callers.crl", &[]);
    let checked = ["-crl_check", "-CRLfile", list.to_str().unwrap()];
    assert!(verifies(&ca, &one, &checked) && verifies(&ca, &two, &checked));
    assert_eq!(ca.crl("callers.crl", &[&one]), list);
    assert!(!verifies(&ca, &one, &checked) && verifies(&ca, &two, &checked));
    let _ = ca.crl("callers.crl", &[&one, &two]);
    assert!(!verifies(&ca, &one, &checked) && !verifies(&ca, &two, &checked));
}

#[test]
fn a_credential_is_issued_anew_under_its_name() {
    let sandbox = Sandbox::new();
    let ca = Ca::new(&sandbox, "ca");
    let before = ca.server("server", &["localhost"]);
    let after = ca.server("server", &["localhost"]);
    assert_eq!(before.certificate, after.certificate);
    assert_ne!(before.fingerprint(), after.fingerprint());
    let mode = std::fs::metadata(&after.key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(crate::openssl::reads_private_key(&after.key));
    let shown = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(&after.certificate)
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let digits: String = shown.trim().rsplit('=').next().unwrap().replace(':', "");
    assert_eq!(digits.to_lowercase(), after.fingerprint());
}

fn verifies(ca: &Ca, credential: &Credential, more: &[&str]) -> bool {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (roots, leaf) = (text(&ca.path()), text(&credential.certificate));
    let files = ["-CAfile", &roots, &leaf];
    agrees(&[&["verify", "-x509_strict"], more, &files].concat())
}
