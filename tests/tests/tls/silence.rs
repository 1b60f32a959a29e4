//! Connections on which nothing is said.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use privyseal_tests::metadata;
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::wait;

use crate::s_client::Client;

#[test]
fn an_idle_connection_is_closed() {
    let Some(tls) = TlsStage::with("idle_time = \"1s\"", |_, _, setup| setup) else {
        return;
    };
    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    let said = Client::connect(&tls, Some(&caller), &[]).ends();
    assert!(said.contains("New, TLSv1.3"), "{said}");
    assert!(!said.contains("alert"), "{said}");
    // A client of gRPC connects again by itself.
    rpc.head(0).unwrap();
}

#[test]
fn a_handshake_has_its_time() {
    let Some(tls) = TlsStage::with("handshake_time = \"1s\"", |_, _, setup| setup) else {
        return;
    };
    // Nothing, the beginning of a record, and the beginning of a ClientHello.
    let beginnings: [&[u8]; 3] = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(tls.address()).unwrap();
        stream.write_all(beginning).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.is_empty());
    }
    tls.rpc(&tls.caller()).head(0).unwrap();
}

#[test]
fn a_handshake_has_its_bytes() {
    let Some(tls) = TlsStage::with("handshake_time = \"1h\"", |_, _, setup| setup) else {
        return;
    };
    let mut stream = TcpStream::connect(tls.address()).unwrap();
    // A ClientHello of 65,000 bytes of which the end is missing, in records of 4,096.
    let mut hello = vec![1, 0, 0xfd, 0xe8];
    hello.resize(60_000, 0);
    for part in hello.chunks(4096) {
        let length = u16::try_from(part.len()).unwrap().to_be_bytes();
        let record = [&[22, 3, 1], length.as_slice(), part].concat();
        if stream.write_all(&record).is_err() {
            break;
        }
    }
    let minute = Some(Duration::from_secs(60));
    stream.set_read_timeout(minute).unwrap();
    let ended = stream.read_to_end(&mut Vec::new());
    let waits = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!(!ended.is_err_and(waits));
    drop(stream);
    wait::until("the reason", || {
        let log = tls.stage.agent.log();
        log.contains("more than 32768 bytes").then_some(())
    });
    tls.rpc(&tls.caller()).head(0).unwrap();
}

#[test]
fn strangers_who_say_nothing_keep_nobody_out() {
    let lines = "handshake_time = \"1h\"";
    let limits = "[limits]\nconnections = 16";
    let Some(tls) = TlsStage::with(lines, |_, _, setup| setup.section(limits)) else {
        return;
    };
    let app = tls.repository("app");
    let caller = tls.caller();
    let early = tls.rpc(&caller);
    // From the caller's own address, even.
    let silent: Vec<_> = (0..700)
        .map(|_| TcpStream::connect(tls.address()).unwrap())
        .collect();
    for version in 1..=3 {
        let document = metadata::targets(version, &[]);
        app.sign(&tls.rpc(&caller), "targets", &document).unwrap();
    }
    early.head(0).unwrap();
    // Of one address there are no more, were the system to allow any number of open files.
    wait::until("the others to be closed", || {
        let open = silent.iter().filter(|stream| {
            stream.set_nonblocking(true).unwrap();
            let read = (&**stream).read(&mut [0]);
            read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
        });
        (open.count() <= 512).then_some(())
    });
}
