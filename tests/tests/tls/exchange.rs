//! Certificates, CAs and lists that are exchanged while the agent runs.

use std::fs;
use std::path::Path;

use privyseal_tests::certificates::{Ca, Credential, San};
use privyseal_tests::metadata;
use privyseal_tests::openssl;
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;

use crate::s_client::Client;

/// Does the agent show this certificate?
fn shows(tls: &TlsStage, credential: &Credential) -> bool {
    let caller = tls.caller();
    let said = Client::connect(tls, Some(&caller), &[]).says("-----END CERTIFICATE-----");
    let (_, pem) = said.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let (pem, _) = pem.split_once("-----END").unwrap();
    let ours = fs::read_to_string(&credential.certificate).unwrap();
    let only_letters = |text: &str| text.split_whitespace().collect::<String>();
    only_letters(&ours).contains(&only_letters(pem))
}

fn lines(tls: &TlsStage, words: &str) -> usize {
    tls.stage.agent.log().matches(words).count()
}

#[test]
fn the_agents_certificate_is_exchanged() {
    let Some(tls) = TlsStage::new() else { return };
    let app = tls.repository("app");
    let rpc = tls.rpc(&tls.caller());
    let new = tls.servers.server("agent", &["localhost"]);
    wait::until("the new certificate", || shows(&tls, &new).then_some(()));
    // Who is connected notices nothing.
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
}

#[test]
fn another_ca_of_callers_ends_the_connections_of_the_old() {
    let Some(tls) = TlsStage::new() else { return };
    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    let next = Ca::new(&tls.stage.sandbox, "next");
    let new = next.client("caller", &[San::Dns(CALLER)]);
    assert!(tls.try_rpc(&new).is_err());
    // For a while both, as operators do it.
    let old = fs::read(tls.callers.path()).unwrap();
    let both = [old.as_slice(), &fs::read(next.path()).unwrap()].concat();
    fs::write(tls.callers.path(), both).unwrap();
    let new_rpc = wait::until("the new CA", || tls.try_rpc(&new).ok());
    rpc.head(0).unwrap();

    fs::rename(next.path(), tls.callers.path()).unwrap();
    let refusal = wait::until("the old CA's end", || rpc.head(0).err());
    assert_eq!(refusal.reason, "CERTIFICATE_REVOKED");
    assert!(tls.try_rpc(&caller).is_err());
    new_rpc.head(0).unwrap();
    tls.rpc(&new).head(0).unwrap();
}

#[test]
fn what_can_not_be_used_leaves_the_old_in_force() {
    let Some(tls) = TlsStage::with("", |_, callers, setup| {
        let list = callers.crl("callers.crl", &[]);
        setup.section(&format!("crl = [\"{}\"]", list.display()))
    }) else {
        return;
    };
    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    let of = |name: &str| tls.servers.directory().join(name);
    let list = tls.callers.directory().join("callers.crl");
    let foreign = tls.servers.server("foreign", &["localhost"]);
    let breakages: [(&Path, Vec<u8>, &str); 7] = [
        (&of("agent.pem"), b"".to_vec(), "holds no certificate"),
        (&of("agent.key"), b"".to_vec(), "holds no private key"),
        (&of("agent.key"), vec![b'x'; 1 << 17], "more than 65536"),
        (
            &of("agent.pem"),
            fs::read(&foreign.certificate).unwrap(),
            "is not the one of the certificate",
        ),
        (
            &tls.callers.path(),
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            "can't be used",
        ),
        (&list, b"no list".to_vec(), "revocation lists"),
        (&list, vec![b'x'; (16 << 20) + 1], "more than 16777216"),
    ];
    for (path, content, words) in breakages {
        let good = fs::read(path).unwrap();
        let before = lines(&tls, "the old stay in force");
        // Written over, so that mode and owner stay.
        fs::write(path, content).unwrap();
        wait::until("an error", || {
            (lines(&tls, "the old stay in force") > before).then_some(())
        });
        let log = tls.stage.agent.log();
        let last = log.lines().rfind(|line| line.contains("the old stay"));
        let last = last.unwrap();
        assert!(last.contains(words), "{words}: {last}");
        assert!(last.contains(path.to_str().unwrap()), "{last}");
        rpc.head(0).unwrap();
        tls.rpc(&caller).head(0).unwrap();
        let healed = lines(&tls, "were read again");
        fs::write(path, good).unwrap();
        wait::until("the good file", || {
            (lines(&tls, "were read again") > healed).then_some(())
        });
        // Once for each change, though it was looked at several times.
        let errors = lines(&tls, "the old stay in force") - before;
        assert!(errors <= 2, "{errors} for {}", path.display());
    }
    assert!(openssl::reads_private_key(&of("agent.key")));
}
