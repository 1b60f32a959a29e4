use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_stream::StreamExt;

use super::testing::Ca;
use super::*;
use crate::agent::testing::{FakeLedger, memory};
use crate::agent::{Agent, AgentEntry};

fn entry(address: &str, tls: TlsFiles) -> AgentEntry {
    AgentEntry {
        name: "a".parse().unwrap(),
        address: address.parse().unwrap(),
        genesis: None,
        tls,
    }
}

/// Connects, and returns what is said of the failure: what happened, then what to do.
async fn failure(address: &str, tls: &TlsFiles, directory: &Path) -> String {
    let connected = Agent::connect(entry(address, tls.clone()), &memory(directory)).await;
    let mut text = Vec::new();
    let error = connected.unwrap_err().into();
    crate::failure::report(&error, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn an_agent_is_met_and_remembered_as_on_a_socket() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let ledger = FakeLedger::default();
    ledger.replace(&["genesis", "1"]);
    let (address, streams) = ca.listen(b"h2");
    ledger.serve_streams(streams);
    let entry = entry(&address, ca.client("ada"));
    let memory = memory(dir.path());
    let agent = Agent::connect(entry.clone(), &memory).await.unwrap();
    assert!(agent.first_meeting());
    assert_eq!(agent.known().head.size, 2);
    let shown = agent.certificate().unwrap().to_string();
    assert_eq!(shown.len(), "cert:".len() + 64);
    ledger.replace(&["genesis"]);
    let error = Agent::connect(entry, &memory).await.unwrap_err();
    assert!(error.to_string().contains("LEDGER_SHORTER"), "{error}");
}

/// The alert must not be lost, however the two ends race.
#[tokio::test]
async fn a_refused_certificate_is_always_told() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(&dir.path().join("ca"));
    let (address, _streams) = ca.listen(b"h2");
    // A CA that was made anew has the name of the one before.
    for other in ["other", "new/ca"] {
        let mut files = ca.client("ada");
        files.identity = Some(Ca::new(&dir.path().join(other)).issue("eve"));
        for _ in 0..50 {
            let said = failure(&address, &files, dir.path()).await;
            let expected = format!("{other}/eve.pem: it comes from no CA");
            assert!(said.contains(&expected), "{said}");
            assert!(said.contains("client_ca"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_can_not_be_opened_again_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let ledger = FakeLedger::default();
    ledger.replace(&["genesis", "1"]);
    let server = tokio::runtime::Runtime::new().unwrap();
    let address = {
        let _here = server.enter();
        let (address, streams) = ca.listen(b"h2");
        ledger.serve_streams(streams);
        address
    };
    let entry = entry(&address, ca.client("ada"));
    let mut agent = Agent::connect(entry, &memory(dir.path())).await.unwrap();
    server.shutdown_background();
    loop {
        // The first attempt may still meet the lost connection.
        let error = agent.prove(&[]).await.unwrap_err().to_string();
        if error.contains("nothing listens there") {
            break;
        }
        let lost = ["transport error", "operation was canceled"];
        assert!(lost.iter().any(|text| error.contains(text)), "{error}");
    }
}

#[tokio::test]
async fn whoever_speaks_something_else_is_no_agent() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let files = ca.client("ada");
    let (address, _streams) = ca.listen(b"http/1.1");
    let said = failure(&address, &files, dir.path()).await;
    assert!(said.contains("TLS, but not HTTP/2"), "{said}");
    // Plain HTTP: it answers what it can't read.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
        let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    });
    let said = failure(&address, &files, dir.path()).await;
    assert!(said.contains("no TLS is spoken there"), "{said}");
    assert!(said.contains("[[listen]]"), "{said}");
}

#[tokio::test]
async fn a_connection_that_is_closed_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let files = ca.client("ada");
    let (address, mut streams) = ca.listen(b"h2");
    tokio::spawn(async move { while streams.next().await.is_some() {} });
    let said = failure(&address, &files, dir.path()).await;
    assert!(
        said.contains("closed right after the TLS handshake"),
        "{said}"
    );
    let closing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", closing.local_addr().unwrap());
    let closer = tokio::spawn(async move { drop(closing.accept().await.unwrap()) });
    let said = failure(&address, &files, dir.path()).await;
    assert!(said.contains("closed during the TLS handshake"), "{said}");
    closer.await.unwrap();
    let said = failure(&address, &files, dir.path()).await;
    assert!(said.contains("nothing listens there"), "{said}");
}

#[tokio::test]
async fn files_that_can_not_be_used_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let (good, other) = (ca.client("ada"), ca.issue("bob"));
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let with = |certificate: &Path, key: &Path| TlsFiles {
        identity: Some(Identity {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }),
        ..good.clone()
    };
    let own = good.identity.clone().unwrap();
    let open = ca.issue("open");
    mode(&open.key, 0o640);
    let encrypted = dir.path().join("encrypted.key");
    fs::write(
        &encrypted,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    mode(&encrypted, 0o600);
    let nothing = TlsFiles::default();
    let no_ca = TlsFiles {
        ca: None,
        ..good.clone()
    };
    let tilde = with(Path::new("/x/~/me.pem"), &own.key);
    let cases = [
        (
            nothing,
            "none of yours is named",
            "PRIVYSEAL_TLS_CERTIFICATE",
        ),
        (no_ca, "which CA", "PRIVYSEAL_TLS_CA"),
        (with(&open.certificate, &open.key), "mode 0640", "chmod 600"),
        (
            with(&own.certificate, &other.key),
            "is not the key of",
            "made for",
        ),
        (
            with(&own.key, &own.key),
            "no certificate in PEM",
            "BEGIN CERT",
        ),
        (
            with(&own.certificate, &encrypted),
            "no private key",
            "not encrypted",
        ),
        (with(dir.path(), &own.key), "no file", "correct the path"),
        (tilde, "cannot read /x/~/me.pem", "~ is not expanded"),
    ];
    for (files, happened, remedy) in cases {
        let said = failure("https://127.0.0.1:1", &files, dir.path()).await;
        assert!(said.contains(happened) && said.contains(remedy), "{said}");
    }
}
