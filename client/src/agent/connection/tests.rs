use std::fs;

use super::*;
use crate::agent::head::Breach;
use crate::agent::testing::{FakeLedger, memory};
use crate::agent::tls::TlsFiles;

/// A served ledger of three records, and an agent that was met.
async fn met(directory: &std::path::Path) -> (FakeLedger, AgentEntry, HeadMemory) {
    let ledger = FakeLedger::default();
    ledger.replace(&["genesis", "1", "2"]);
    let (entry, memory) = (ledger.serve(directory), memory(directory));
    let agent = Agent::connect(entry.clone(), &memory).await.unwrap();
    assert!(agent.first_meeting());
    assert_eq!(agent.known().head.size, 3);
    (ledger, entry, memory)
}

fn breach(result: Result<Agent, ConnectError>) -> Breach {
    match result {
        Err(ConnectError::Agent(AgentError::Breach { breach, .. })) => breach.breach,
        other => panic!("expected a breach, not {other:?}"),
    }
}

#[tokio::test]
async fn a_ledger_that_grew_is_met_again() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, entry, memory) = met(dir.path()).await;
    ledger.push("3");
    let agent = Agent::connect(entry, &memory).await.unwrap();
    assert!(!agent.first_meeting());
    assert_eq!(agent.known().head.size, 4);
}

#[tokio::test]
async fn another_past_is_refused_and_not_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, entry, memory) = met(dir.path()).await;
    let cases = [
        (&["genesis", "1"][..], Breach::Shorter),
        (&["genesis", "1", "other"], Breach::Forked),
        (&["genesis", "other", "2", "3", "4"], Breach::Forked),
        (&["new genesis", "1", "2", "3"], Breach::Replaced),
    ];
    for (records, expected) in cases {
        ledger.replace(records);
        // Again, since a refusal must not change what is remembered.
        for _ in 0..2 {
            assert_eq!(
                breach(Agent::connect(entry.clone(), &memory).await),
                expected
            );
        }
    }
    ledger.replace(&["genesis", "1", "2", "3"]);
    Agent::connect(entry, &memory).await.unwrap();
}

#[tokio::test]
async fn a_pinned_genesis_is_held_at_the_first_meeting() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = FakeLedger::default();
    ledger.replace(&["genesis", "1"]);
    let mut entry = ledger.serve(dir.path());
    entry.genesis = Some(Hash::leaf(b"another"));
    let memory = memory(dir.path());
    assert_eq!(
        breach(Agent::connect(entry.clone(), &memory).await),
        Breach::Replaced
    );
    entry.genesis = Some(Hash::leaf(b"genesis"));
    Agent::connect(entry, &memory).await.unwrap();
}

#[tokio::test]
async fn every_head_of_an_answer_is_proved() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, entry, memory) = met(dir.path()).await;
    let mut agent = Agent::connect(entry.clone(), &memory).await.unwrap();
    let mut seen = Vec::new();
    for record in ["3", "4", "5", "6"] {
        ledger.push(record);
        seen.push(ledger.head());
    }
    ledger.push("7");
    agent.prove(&seen).await.unwrap();
    assert_eq!(memory.recall(&entry).unwrap().unwrap().head.size, 8);
}

#[tokio::test]
async fn an_answer_from_a_fork_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, entry, memory) = met(dir.path()).await;
    let mut agent = Agent::connect(entry.clone(), &memory).await.unwrap();
    // The answer is given on one branch, and everyone else is shown another.
    ledger.replace(&["genesis", "1", "2", "secret"]);
    let seen = ledger.head();
    ledger.replace(&["genesis", "1", "2", "shown", "4"]);
    let error = agent.prove(&[seen]).await.unwrap_err().to_string();
    assert!(error.contains("LEDGER_FORKED"), "{error}");
    assert_eq!(memory.recall(&entry).unwrap().unwrap().head.size, 3);
    // An answer with a head that the ledger is past already is a step back.
    ledger.replace(&["genesis", "1"]);
    let short = ledger.head();
    ledger.replace(&["genesis", "1", "2", "3"]);
    let error = agent.prove(&[short]).await.unwrap_err().to_string();
    assert!(error.contains("LEDGER_SHORTER"), "{error}");
}

#[tokio::test]
async fn who_does_not_answer_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent.sock");
    let entry = AgentEntry {
        name: "a".parse().unwrap(),
        address: socket.to_str().unwrap().parse().unwrap(),
        genesis: None,
        tls: TlsFiles::default(),
    };
    let memory = memory(dir.path());
    let message = |error: ConnectError| error.to_string();
    let error = message(Agent::connect(entry.clone(), &memory).await.unwrap_err());
    assert!(error.contains("there is no such socket"), "{error}");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let error = message(Agent::connect(entry.clone(), &memory).await.unwrap_err());
    assert!(error.contains("nothing listens"), "{error}");
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "").unwrap();
    assert!(Agent::connect(entry, &memory).await.is_err());
}
