//! SIGHUP: the config is read again, whole or not at all, and the ledger says which.

use std::fs;

use nix::sys::signal::Signal;
use privyseal_proto::ledger::v1::ConfigReloaded;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::{SignEvent, SignRequest, sign_event};
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::setup::{AUTHORITY, grant};
use privyseal_tests::stage::Stage;
use privyseal_tests::wait;
use privyseal_tuf::Sha256Digest;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// The config that stands in the agent's file.
fn digest(agent: &Agent) -> Vec<u8> {
    Sha256Digest::of(&fs::read(agent.config()).unwrap())
        .as_bytes()
        .to_vec()
}

fn reloads(agent: &Agent) -> Vec<ConfigReloaded> {
    let events = records::events(&agent.rpc()).into_iter();
    let reloads = events.filter_map(|event| match event {
        Event::ConfigReloaded(reloaded) => Some(reloaded),
        _ => None,
    });
    reloads.collect()
}

/// Tells the agent to read its config again, and waits until it says that it is done: what came of it
/// is recorded before it is in force.
fn reload(agent: &Agent) -> ConfigReloaded {
    let done = || {
        let log = agent.log();
        let ends = ["read again and is in force", "the config stays as it was"];
        ends.map(|end| log.matches(end).count())
            .iter()
            .sum::<usize>()
    };
    let (before, done_before) = (reloads(agent).len(), done());
    agent.signal(Signal::SIGHUP);
    wait::until("the reload's end", || (done() > done_before).then_some(()));
    reloads(agent).into_iter().nth(before).unwrap()
}

/// The agent's own user, as operator, without a grant: `AUTHORITY` alone is left.
fn without_grants() -> String {
    format!("[[authority]]\nname = \"{AUTHORITY}\"\n")
}

fn reason(event: SignEvent) -> String {
    match event.event.unwrap() {
        sign_event::Event::Refused(refused) => refused.reason,
        _ => "signed".to_owned(),
    }
}

#[test]
fn grants_change_between_two_requests_of_one_stream() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let (requests, stream) = mpsc::channel::<SignRequest>(1);
    let mut answers = rpc.block_on(async {
        let stream = ReceiverStream::new(stream);
        rpc.signing().sign_many(stream).await.unwrap().into_inner()
    });
    let mut ask = |version| {
        let document = metadata::snapshot(version, 1);
        let request = app.request("snapshot", "app-snapshot", &document);
        rpc.block_on(async {
            requests.send(request).await.unwrap();
            reason(answers.next().await.unwrap().unwrap())
        })
    };
    assert_eq!(ask(2), "signed");

    stage
        .agent
        .configure(|setup| setup.without_sections().section(&without_grants()));
    let reloaded = reload(&stage.agent);
    assert_eq!(reloaded.refused, "");
    assert_eq!(reloaded.config, digest(&stage.agent));
    assert_eq!(ask(3), "NO_GRANT");
    let denied = rpc.sign(app.request("snapshot", "app-snapshot", &metadata::snapshot(3, 1)));
    assert_eq!(denied.unwrap_err().reason, "NO_GRANT");

    let user = format!("uid:{}", nix::unistd::geteuid());
    stage.agent.configure(|setup| setup.section(&grant(&user)));
    assert_eq!(reload(&stage.agent).refused, "");
    assert_eq!(ask(3), "signed");
}

#[test]
fn what_does_not_hold_changes_nothing_and_is_recorded() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let app = Repository::complete(&stage.rpc(), "app");
    let mut version = 1;
    let mut still_signs = |stage: &Stage| {
        version += 1;
        let document = metadata::snapshot(version, 1);
        let request = app.request("snapshot", "app-snapshot", &document);
        stage.rpc().sign(request).unwrap();
    };
    let good = fs::read_to_string(stage.agent.config()).unwrap();

    // Each takes the grants away, too: none of it may be in force.
    let shorn = good.split("[[grant]]").next().unwrap();
    for (broken, words) in [
        (format!("{shorn}\n[[grant]]\ncallers = 7\n"), "line "),
        (format!("{shorn}\n[[grants]]\n"), "; the log says why"),
        (shorn.replace("agent.sock", "other.sock"), "agent.socket"),
        (shorn.replace("\"hsm\"", "\"other\""), "ledger.keystore"),
        (format!("{shorn}\n[limits]\nrequests = 3\n"), "[limits]"),
        (
            shorn.replacen("[[keystore]]", "[[keystore]]\nsessions = 3", 1),
            "[[keystore]]",
        ),
    ] {
        fs::write(stage.agent.config(), &broken).unwrap();
        let reloaded = reload(&stage.agent);
        assert!(reloaded.refused.contains(words), "{words}: {reloaded:?}");
        still_signs(&stage);
    }
    fs::remove_file(stage.agent.config()).unwrap();
    let reloaded = reload(&stage.agent);
    assert!(reloaded.refused.contains("can't read"), "{reloaded:?}");
    assert!(reloaded.config.is_empty());
    still_signs(&stage);

    // Whatever somebody wrote where it doesn't belong: the ledger keeps it for ever.
    let key = "MIGHAgEAMBMGByqGSM49AgEG";
    for pasted in [
        format!("{shorn}\n[[listen]]\nkey = \"{key}\"\n"),
        format!("{shorn}\n[[listen]]\nkey = {{ file = \"{key}\" }}\n"),
        format!("{shorn}\n[[listen]]\nserves = \"{key}\"\n"),
        format!("{shorn}\n{key} = 1\n"),
    ] {
        fs::write(stage.agent.config(), &pasted).unwrap();
        let reloaded = reload(&stage.agent);
        assert!(reloaded.refused.contains("line "), "{reloaded:?}");
        assert!(!reloaded.refused.contains(key), "{reloaded:?}");
    }

    fs::write(stage.agent.config(), &good).unwrap();
    assert_eq!(reload(&stage.agent).refused, "");
    stage.agent.restart();
    still_signs(&stage);
}
