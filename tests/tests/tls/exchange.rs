//! Certificates, CAs and lists that are exchanged while the agent runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::Signal;
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

/// Puts a file there whole, which its owner alone may read.
fn replace(path: &Path, content: &[u8]) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::set_permissions(&new, Permissions::from_mode(0o600)).unwrap();
    fs::rename(new, path).unwrap();
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
        replace(path, &content);
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
        replace(path, &good);
        wait::until("the good file", || {
            (lines(&tls, "were read again") > healed).then_some(())
        });
    }
    assert!(openssl::reads_private_key(&of("agent.key")));
}

#[test]
fn an_error_is_told_once_for_each_change() {
    let Some(tls) = TlsStage::with("", |sandbox, callers, setup| {
        let others = Ca::new(sandbox, "others");
        let server = others.server("agent", &["localhost"]);
        setup.listen("127.0.0.2:0", &server, callers, "")
    }) else {
        return;
    };
    let errors = || lines(&tls, "the old stay in force");
    let certificate = tls.servers.directory().join("agent.pem");
    replace(&certificate, b"");
    wait::until("an error", || (errors() > 0).then_some(()));
    // Whoever sees this change has looked at the other files once more.
    let beside = tls.stage.sandbox.join("others/agent.pem");
    let content = fs::read(&beside).unwrap();
    for _ in 0..3 {
        let before = lines(&tls, "were read again");
        replace(&beside, &content);
        wait::until("a look", || {
            (lines(&tls, "were read again") > before).then_some(())
        });
    }
    assert_eq!(errors(), 1);
    replace(&certificate, b"x");
    wait::until("the next error", || (errors() == 2).then_some(()));
}

#[test]
fn a_section_is_exchanged_whole_or_not_at_all() {
    let Some(tls) = TlsStage::new() else { return };
    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    let next = Ca::new(&tls.stage.sandbox, "next");
    let new = next.client("caller", &[San::Dns(CALLER)]);
    let config = tls.stage.agent.config();
    let old = fs::read_to_string(&config).unwrap();
    let [from, to] = [tls.callers.path(), next.path()].map(|path| path.display().to_string());

    // One file of the new section is missing, so its other lines are not in force either.
    let missing = old.replace(&from, &to).replace("agent.key", "none.key");
    fs::write(&config, missing).unwrap();
    tls.stage.agent.signal(Signal::SIGHUP);
    wait::until("the refusal", || {
        (lines(&tls, "the config stays as it was") > 0).then_some(())
    });
    assert!(tls.stage.agent.log().contains("none.key: No such file"));
    assert!(tls.try_rpc(&new).is_err());
    rpc.head(0).unwrap();

    let more = format!("{to}\"\ntls12 = true\nidle_time = \"1h");
    fs::write(&config, old.replace(&from, &more)).unwrap();
    tls.stage.agent.signal(Signal::SIGHUP);
    let new_rpc = wait::until("the new CA", || tls.try_rpc(&new).ok());
    new_rpc.head(0).unwrap();
    let refusal = wait::until("the old CA's end", || rpc.head(0).err());
    assert_eq!(refusal.reason, "CERTIFICATE_REVOKED");
    assert!(tls.try_rpc(&caller).is_err());
    Client::connect(&tls, Some(&new), &["-tls1_2"]).says("New, TLSv1.2");
}
