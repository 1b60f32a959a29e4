//! The agent's private key: in which forms, and from where.

use std::fs;
use std::path::Path;
use std::process::Command;

use privyseal_tests::certificates::Ca;
use privyseal_tests::openssl;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::stage::Stage;
use privyseal_tests::tls_stage::{TlsStage, addresses, endpoint};
use privyseal_tests::wait;

use crate::s_client::Client;

/// Runs `openssl`; what it writes to its output.
fn made_by_openssl(arguments: &[&str]) -> Vec<u8> {
    let made = Command::new("openssl").args(arguments).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    made.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Changes a file, and waits until the log says so about the change.
fn exchange(tls: &TlsStage, path: &Path, content: &[u8], words: &str) {
    let count = || tls.stage.agent.log().matches(words).count();
    let before = count();
    fs::write(path, content).unwrap();
    wait::until(words, || (count() > before).then_some(()));
}

#[test]
fn a_key_has_any_of_three_forms_and_no_passphrase() {
    let Some(tls) = TlsStage::new() else { return };
    let caller = tls.caller();
    let key = tls.servers.directory().join("agent.key");
    let pkcs8 = fs::read_to_string(&key).unwrap();
    assert!(pkcs8.starts_with("-----BEGIN PRIVATE KEY"));
    let sec1 = made_by_openssl(&["pkey", "-traditional", "-in", text(&key)]);
    assert!(sec1.starts_with(b"-----BEGIN EC PRIVATE KEY"));
    let pass = ["-aes256", "-passout", "pass:secret"];
    let locked = made_by_openssl(&[&["pkey", "-in", text(&key)], &pass[..]].concat());
    exchange(&tls, &key, &locked, "that is not encrypted");
    assert!(!tls.stage.agent.log().contains("secret"));
    exchange(&tls, &key, &sec1, "were read again");
    tls.rpc(&caller).head(0).unwrap();

    let rsa = tls.stage.sandbox.join("rsa.key");
    let file = ["-out", text(&rsa), "2048"];
    assert!(openssl::agrees(
        &[&["genrsa", "-traditional"], &file[..]].concat()
    ));
    let certificate = made_by_openssl(&[
        "req",
        "-x509",
        "-key",
        text(&rsa),
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]);
    let pkcs1 = fs::read(&rsa).unwrap();
    assert!(pkcs1.starts_with(b"-----BEGIN RSA PRIVATE KEY"));
    // One after the other: in between they do not fit together.
    exchange(&tls, &key, &pkcs1, "is not the one of the certificate");
    tls.rpc(&caller).head(0).unwrap();
    let path = tls.servers.directory().join("agent.pem");
    exchange(&tls, &path, &certificate, "were read again");
    let trusts = ["-CAfile", text(&path)];
    let said = Client::connect(&tls, Some(&caller), &trusts).says("Verify return code");
    assert!(said.contains("RSA-PSS"), "{said}");
}

#[test]
fn a_key_may_be_a_systemd_credential() {
    let mut made = None;
    let Some(stage) = Stage::with(|sandbox, setup| {
        let ca = Ca::new(sandbox, "ca");
        let server = ca.server("agent", &["localhost"]);
        let credentials = sandbox.directory("credentials");
        fs::rename(&server.key, credentials.join("tls-key")).unwrap();
        let listen = format!(
            "[[listen]]\naddress = \"127.0.0.1:0\"\ncertificate = \"{}\"\n\
             key = {{ credential = \"tls-key\" }}\nclient_ca = \"{}\"",
            server.certificate.display(),
            ca.path().display()
        );
        made = Some(ca);
        setup
            .environment("CREDENTIALS_DIRECTORY", credentials)
            .section(&listen)
    }) else {
        return;
    };
    let ca = made.unwrap();
    let address = addresses(&stage.agent)[0];
    let anybody = ca.client("anybody", &[]);
    let endpoint = endpoint(address, &ca.path(), &anybody);
    let rpc = Rpc::try_endpoint(&endpoint).unwrap();
    rpc.health("").unwrap();
}
