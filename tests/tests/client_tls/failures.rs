//! What goes wrong says what happened, and what to type next.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use privyseal_tests::certificates::{Ca, Credential, Leaf, San};
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::web::Web;

use crate::user::{User, address, ca, entry, identity};

/// Runs a command with one agent in the config; it must fail and say all this.
fn says(user: &User, address: &str, lines: &str, expected: &[&str]) {
    user.configure(&entry("online", address, lines));
    let said = user.client.run("agent status");
    assert_eq!(said.status, 1, "{said:#?}");
    let text = format!("{}{}", said.stdout, said.stderr);
    let missing: Vec<_> = expected
        .iter()
        .filter(|text_of| !text.contains(**text_of))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not in {text}");
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

/// A certificate of the caller whom the agent knows.
fn issue(callers: &Ca, name: &str, change: impl FnOnce(Leaf) -> Leaf) -> Credential {
    callers.issue(name, change(Leaf::client(&[San::Dns(CALLER)])))
}

#[test]
fn an_agent_whose_certificate_is_not_good_is_not_spoken_to() {
    let Some(tls) = TlsStage::new() else { return };
    let user = User::new(&tls, "user");
    let caller = identity(&tls.caller());
    let good = format!("{caller}{}", ca(&tls.servers.path()));
    // The callers' CA is not the agents'.
    says(
        &user,
        &address(&tls, "localhost"),
        &format!("{caller}{}", ca(&tls.callers.path())),
        &[
            "does not come from the CA in",
            "callers/ca.pem",
            "name that one's file as `ca`",
        ],
    );
    let named = format!("{good}server_name = \"signer.example.test\"\n");
    says(
        &user,
        &address(&tls, "localhost"),
        &named,
        &[
            "is not for signer.example.test but for localhost, 127.0.0.1\n",
            "`server_name`",
        ],
    );
    // The name of the certificate, where the host is another.
    let named = format!("{good}server_name = \"localhost\"\n");
    user.configure(&entry("online", &address(&tls, "127.0.0.1"), &named));
    user.client.ok("agent status");
}

#[test]
fn an_agent_whose_certificate_is_out_of_time_is_not_spoken_to() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    let user = User::new(&tls, "user");
    let files = format!("{}{}", identity(&tls.caller()), ca(&tls.servers.path()));
    for (leaf, happened) in [
        (
            Leaf::server(&["localhost"]).expired(),
            "its certificate expired at 20",
        ),
        (
            Leaf::server(&["localhost"]).not_yet_valid(),
            "its certificate is valid only from 20",
        ),
    ] {
        let _ = tls.servers.issue("agent", leaf);
        tls.stage.agent.restart();
        let address = address(&tls, "localhost");
        says(&user, &address, &files, &[happened, "this machine's clock"]);
    }
}

#[test]
fn a_certificate_of_ours_that_is_refused_is_named() {
    let mut revoked = None;
    let tls = TlsStage::with("", |_, callers, setup| {
        let bad = issue(callers, "revoked", |leaf| leaf);
        let list = callers.crl("callers.crl", &[&bad]);
        revoked = Some(bad);
        setup.section(&format!("crl = [\"{}\"]", list.display()))
    });
    let (Some(tls), Some(revoked)) = (tls, revoked) else {
        return;
    };
    let user = User::new(&tls, "user");
    let other = Ca::new(&tls.stage.sandbox, "other");
    let server = tls.callers.issue("server", Leaf::server(&[CALLER]));
    let cases = [
        (revoked, "revoked.pem: it is revoked", "for a new key"),
        (
            issue(&tls.callers, "expired", Leaf::expired),
            "expired.pem: it expired",
            "get a new certificate",
        ),
        (
            issue(&other, "stranger", |leaf| leaf),
            "stranger.pem: it comes from no CA that the agent accepts",
            "`client_ca`",
        ),
        (
            server,
            "server.pem: the agent can't accept it",
            "clientAuth",
        ),
    ];
    for (credential, happened, remedy) in cases {
        let files = format!("{}{}", identity(&credential), ca(&tls.servers.path()));
        let said = [happened, remedy, "it refused your certificate /"];
        says(&user, &address(&tls, "localhost"), &files, &said);
    }
    // A certificate that is good, of somebody to whom nothing is granted: the agent says so itself.
    let nobody = tls.callers.client("nobody", &[San::Dns("nobody.test")]);
    let files = format!("{}{}", identity(&nobody), ca(&tls.servers.path()));
    user.configure(&entry("online", &address(&tls, "localhost"), &files));
    let said = user.client.run("key list");
    assert!(said.stderr.contains("NO_GRANT"), "{said:#?}");
    assert!(said.stderr.contains("dns:nobody.test"), "{said:#?}");
}

#[test]
fn files_that_are_missing_or_open_to_others_are_named() {
    let Some(tls) = TlsStage::new() else { return };
    let user = User::new(&tls, "user");
    let (caller, at) = (tls.caller(), address(&tls, "localhost"));
    let roots = ca(&tls.servers.path());
    let variables = ["PRIVYSEAL_TLS_CERTIFICATE", "PRIVYSEAL_TLS_KEY"];
    says(&user, &at, &roots, &variables);
    says(&user, &at, &identity(&caller), &["PRIVYSEAL_TLS_CA"]);
    let nowhere = format!("{roots}certificate = \"no.pem\"\nkey = \"no.key\"\n");
    let path = user.directory().join("no.pem");
    says(
        &user,
        &at,
        &nowhere,
        &[path.to_str().unwrap(), "No such file"],
    );
    let files = format!("{}{roots}", identity(&caller));
    fs::set_permissions(&caller.key, Permissions::from_mode(0o644)).unwrap();
    says(&user, &at, &files, &["mode 0644", "chmod 600"]);
    fs::set_permissions(&caller.key, Permissions::from_mode(0o600)).unwrap();
    user.configure(&entry("online", &at, &files));
    user.client.ok("agent status");
}

#[test]
fn a_key_in_a_variable_is_refused_and_not_shown() {
    let Some(tls) = TlsStage::new() else { return };
    let user = User::new(&tls, "user");
    let caller = tls.caller();
    let key = fs::read_to_string(&caller.key).unwrap();
    let words = ["agent", "status", "--agent", &address(&tls, "localhost")];
    let mut command = user.client.command(words);
    command.env("PRIVYSEAL_TLS_CERTIFICATE", &caller.certificate);
    let output = command.env("PRIVYSEAL_TLS_KEY", &key).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("PRIVYSEAL_TLS_KEY holds a certificate or key itself"),
        "{said}"
    );
    assert!(!said.contains(key.lines().nth(1).unwrap()), "{said}");
}

#[test]
fn what_is_no_agent_is_told_apart() {
    let Some(tls) = TlsStage::new() else { return };
    let user = User::new(&tls, "user");
    let files = format!("{}{}", identity(&tls.caller()), ca(&tls.servers.path()));
    // Plain HTTP.
    let web = Web::serve(tls.stage.sandbox.path());
    let port = web
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_matches('/')
        .to_owned();
    let at = format!("https://127.0.0.1:{port}");
    says(
        &user,
        &at,
        &files,
        &["no TLS is spoken there", "[[listen]]"],
    );
    drop(web);
    // A port that was free a moment ago, since somebody listened on it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    says(&user, &at, &files, &["nothing listens there", "[[listen]]"]);
    says(
        &user,
        "https://nowhere.invalid:7450",
        &files,
        &["https://nowhere.invalid:7450: ", "correct host and port"],
    );
    user.configure(&entry("online", "https://localhost", &files));
    let said = user.client.run("agent status");
    assert!(said.stderr.contains("https://HOST:PORT"), "{said:#?}");
}

#[test]
fn an_agent_that_ends_meanwhile_is_left_out() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    let user = User::new(&tls, "user");
    let files = format!("{}{}", identity(&tls.caller()), ca(&tls.servers.path()));
    user.configure(&entry("online", &address(&tls, "localhost"), &files));
    user.client.ok("agent status");
    tls.stage.agent.kill();
    let said = user.client.run("key list");
    assert_eq!(said.status, 1, "{said:#?}");
    assert!(said.stderr.contains("nothing listens there"), "{said:#?}");
}
