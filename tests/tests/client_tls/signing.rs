//! What works on a socket works over TLS.

use std::fs;

use privyseal_tests::agent::Agent;
use privyseal_tests::project::Project;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::token::Tokens;
use privyseal_tests::tuf_client::PythonTuf;

use crate::user::{User, address, ca, entry, identity};

const NAME: &str = "example.org/app";

#[test]
fn one_repository_over_a_socket_and_tls() {
    let (Some(tls), Some(python)) = (TlsStage::new(), PythonTuf::find()) else {
        return;
    };
    let sandbox = &tls.stage.sandbox;
    let token = Tokens::new(sandbox, "safe-tokens").token("safe");
    let safe = Agent::running(sandbox, "safe", &Setup::new(&token));
    let user = User::new(&tls, "user");
    // Files beside the config are named by their own names.
    let caller = tls.caller();
    for (from, to) in [(&caller.certificate, "me.pem"), (&caller.key, "me.key")] {
        fs::copy(from, user.directory().join(to)).unwrap();
    }
    let own = "certificate = \"me.pem\"\nkey = \"me.key\"\n";
    let own = format!("{own}{}", ca(&tls.servers.path()));
    user.configure(&format!(
        "{}{}",
        entry("safe", &format!("unix:{}", safe.socket().display()), ""),
        entry("online", &address(&tls, "localhost"), &own),
    ));
    // Whoever calls over TLS is no operator here.
    let operator = tls.stage.client("operator");
    for key in ["root-b", "snapshot", "timestamp"] {
        operator.ok(&format!(
            "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
        ));
    }
    let project = Project::new(sandbox, "project", user.client.clone());
    project.generate(NAME, "root-a targets", "--agent safe");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root safe:root-a online:root-b \
         --root-threshold 2 --targets safe:targets --snapshot online:snapshot \
         --timestamp online:timestamp"
    ));
    project.add(&[("hello.txt", b"hello\n")], "");
    project.sign_and_publish("");
    let versions = python.accepts(&project, &[], None);
    assert_eq!(versions, "root 1, targets 1, snapshot 1, timestamp 1");

    // The ledger of the agent over TLS knows who asked, and that it was not root.
    let shown = operator.ok("ledger show");
    let signed: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("will sign"))
        .collect();
    let short = &caller.fingerprint()[..8];
    let who = format!("dns:ci.example.test (cert:{short})");
    assert_eq!(signed.len(), 3, "{shown}");
    assert!(signed.iter().all(|line| line.contains(&who)), "{shown}");
}

#[test]
fn variables_serve_an_address_that_is_given() {
    let Some(tls) = TlsStage::new() else { return };
    let user = User::new(&tls, "user");
    let caller = tls.caller();
    // By the IP address, which the agent's certificate has too.
    let address = address(&tls, "127.0.0.1");
    let status = format!("agent status --json --agent {address}");
    let said = user.run_with(&status, &caller, &tls.servers.path());
    assert_eq!(said.status, 0, "{said:#?}");
    let shown: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(shown[0]["address"], address);
    assert_eq!(shown[0]["operator"], false);
    let fingerprint = format!("cert:{}", caller.fingerprint());
    assert_eq!(shown[0]["certificate"], fingerprint);
    let said = user.run_with(
        &format!("agent status --agent {address}"),
        &caller,
        &tls.servers.path(),
    );
    assert!(said.stdout.contains(&format!("a caller, by {fingerprint}")));
    assert!(!said.stderr.contains("first meeting"), "it was met before");
}

#[test]
fn an_agent_that_lost_its_ledger_is_refused_over_tls_too() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    let user = User::new(&tls, "user");
    let files = format!("{}{}", identity(&tls.caller()), ca(&tls.servers.path()));
    user.configure(&entry("online", &address(&tls, "localhost"), &files));
    user.client.ok("agent status");
    let remembered = user.client.state().join("privyseal/heads");
    let mut remembered = fs::read_dir(remembered).unwrap();
    let of_online = remembered.any(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.starts_with("online-") && name.ends_with(".json")
    });
    assert!(of_online);
    // Another ledger at the same address: the port is taken over by the next agent.
    let port = tls.address().port();
    tls.stage.agent.stop();
    let sandbox = &tls.stage.sandbox;
    let token = Tokens::new(sandbox, "other-tokens").token("other");
    let server = tls.servers.server("other", &["localhost"]);
    let setup = Setup::new(&token)
        .section(&privyseal_tests::setup::grant("dns:ci.example.test"))
        .listen(&format!("127.0.0.1:{port}"), &server, &tls.callers, "");
    let _other = Agent::running(sandbox, "other", &setup);
    let said = user.client.run("agent status");
    said.assert_refused(4, "LEDGER_REPLACED");
}

#[test]
fn a_project_names_the_agent_and_the_person_the_certificate() {
    let Some(tls) = TlsStage::new() else { return };
    let operator = tls.stage.client("operator");
    let project = Project::new(&tls.stage.sandbox, "project", operator);
    project.generate(NAME, "root targets online", "");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root default:root \
         --targets default:targets --snapshot default:online --timestamp default:online"
    ));
    // Now somebody else, who knows the agent from the project alone.
    let address = address(&tls, "localhost");
    let settings = project.directory().join("privyseal.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::copy(tls.servers.path(), project.directory().join("agents.pem")).unwrap();
    let with = |more: &str| format!("{text}\n{}", entry("default", &address, more));
    let user = User::new(&tls, "user");
    let sign = format!("repo -C {} sign --yes", project.directory().display());

    fs::write(&settings, with("ca = \"agents.pem\"")).unwrap();
    let said = user.client.run(&sign);
    assert_ne!(said.status, 0, "{said:#?}");
    assert!(said.stderr.contains("none of yours is named"), "{said:#?}");

    fs::write(&settings, with(&identity(&tls.caller()))).unwrap();
    let said = user.client.run(&sign);
    assert_eq!(said.status, 1, "{said:#?}");
    assert!(said.stderr.contains("each person's own"), "{said:#?}");

    fs::write(&settings, with("ca = \"agents.pem\"")).unwrap();
    user.configure(&entry("mine", &address, &identity(&tls.caller())));
    let said = user.client.run(&sign);
    assert_eq!(said.status, 0, "{said:#?}");
}
