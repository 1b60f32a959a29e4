//! The agent is killed again and again under load, and never signs two contents under one version.
//!
//! 100 times; 1,000 times with PRIVYSEAL_FULL=1.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use privyseal_ledger::verify_directory;
use privyseal_proto::v1::Signed;
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::stage::Stage;

/// Callers of each role of each lineage, with different contents.
const RIVALS: usize = 2;

/// (first root, role, version) to the digests of all signatures that a caller received.
type Received = BTreeMap<(String, &'static str, u64), BTreeMap<String, u64>>;

/// What the callers share with the one who kills.
#[derive(Default)]
struct Shared {
    received: Mutex<Received>,
    signatures: AtomicU64,
    refusals: AtomicU64,
    over: AtomicBool,
}

#[test]
fn no_version_has_two_contents_however_often_the_agent_is_killed() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let kills = if std::env::var_os("PRIVYSEAL_FULL").is_some() {
        1_000
    } else {
        100
    };
    let repositories = ["one", "two"].map(|name| Repository::complete(&stage.rpc(), name));
    let shared = Shared::default();
    let socket = stage.agent.socket();
    thread::scope(|scope| {
        for repository in &repositories {
            for role in ["targets", "snapshot"] {
                for rival in 0..RIVALS {
                    let (shared, socket) = (&shared, &socket);
                    scope.spawn(move || {
                        while !shared.over.load(Ordering::Relaxed) {
                            match Rpc::try_connect(socket) {
                                Some(rpc) => sign_on(&rpc, repository, role, rival, shared),
                                None => thread::sleep(Duration::from_millis(1)),
                            }
                        }
                    });
                }
            }
        }
        let ended = Over(&shared.over);
        for round in 0..kills {
            kill_once(&mut stage.agent, &shared, round);
        }
        drop(ended);
    });
    judge(&shared, kills);
}

/// Ends the callers, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Signs increasing versions until the agent is gone. Rivals send other contents.
fn sign_on(rpc: &Rpc, repository: &Repository, role: &'static str, rival: usize, shared: &Shared) {
    let Ok(memory) = rpc.lineage(&repository.lineage) else {
        return;
    };
    let memory = memory.roles.into_iter().find(|memory| memory.role == role);
    // The last version once more: with the other's content after a crash, this must be refused.
    let mut version = memory.map_or(1, |memory| memory.version);
    while !shared.over.load(Ordering::Relaxed) {
        let document = content(role, version, rival);
        match repository.sign(rpc, role, &document) {
            Ok(signed) => received(shared, role, &signed),
            Err(refusal) if refusal.reason == "VERSION_REUSED" => {
                shared.refusals.fetch_add(1, Ordering::Relaxed);
            }
            Err(refusal) if refusal.reason == "VERSION_ROLLBACK" => {}
            Err(refusal) if refusal.reason == "VERSION_SKIPPED" => return,
            // The agent is gone, or its token is not there yet.
            Err(_) => return,
        }
        version += 1;
    }
}

fn content(role: &str, version: u64, rival: usize) -> Vec<u8> {
    let days = i64::try_from(rival).unwrap() + 1;
    let document = match role {
        "targets" => metadata::targets(version, &[("a.txt", b"a")]),
        _ => metadata::snapshot(version, 1),
    };
    // The same bytes from the same rival, whenever it asks.
    metadata::edited(&document, |signed| {
        signed["expires"] = metadata::in_days(days).as_str().into();
    })
}

fn received(shared: &Shared, role: &'static str, signed: &Signed) {
    shared.signatures.fetch_add(1, Ordering::Relaxed);
    let lineage = signed.lineage.as_ref().unwrap().first_root.clone();
    let mut received = shared.received.lock().unwrap();
    let contents = received.entry((lineage, role, signed.version)).or_default();
    *contents.entry(signed.digest.clone()).or_default() += 1;
}

/// Waits for some signatures and a random moment, kills, verifies the ledger, starts again.
fn kill_once(agent: &mut Agent, shared: &Shared, round: u64) {
    let enough = shared.signatures.load(Ordering::Relaxed) + random(12);
    privyseal_tests::wait::until("signatures", || {
        (shared.signatures.load(Ordering::Relaxed) >= enough).then_some(())
    });
    thread::sleep(Duration::from_micros(random(4_000)));
    agent.kill();
    let genesis = agent.genesis().parse().unwrap();
    if let Err(error) = verify_directory(&agent.ledger(), Some(genesis), &mut |_, _| {}) {
        panic!("after kill {round}: {error}");
    }
    agent.start();
}

fn judge(shared: &Shared, kills: u64) {
    let received = shared.received.lock().unwrap();
    for (what, contents) in received.iter() {
        assert_eq!(contents.len(), 1, "{what:?} has two contents: {contents:?}");
    }
    let signatures = shared.signatures.load(Ordering::Relaxed);
    let refusals = shared.refusals.load(Ordering::Relaxed);
    println!(
        "{kills} kills: {signatures} signatures over {} versions, {refusals} second contents refused",
        received.len()
    );
    assert!(signatures >= kills && refusals > 0, "there was no load");
}

fn random(below: u64) -> u64 {
    let mut bytes = [0; 8];
    let mut source = std::fs::File::open("/dev/urandom").unwrap();
    std::io::Read::read_exact(&mut source, &mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}
