//! A ledger that is not what it was: the agent or the client refuses, and says what is wrong.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use privyseal_proto::ledger::v1::Record;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::python::Python;
use privyseal_tests::repository::Repository;
use privyseal_tests::require;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::segment::Segment;
use privyseal_tests::setup::Setup;
use privyseal_tests::stage::Stage;
use privyseal_tests::tmpfs::Tmpfs;
use privyseal_tests::token::Tokens;
use prost::Message;
use serde_json::json;
use tonic::Code;

/// A stage with some records, whose agent was stopped.
fn stopped() -> Option<Stage> {
    let mut stage = Stage::new()?;
    drop(Repository::complete(&stage.rpc(), "app"));
    assert!(stage.agent.stop().success());
    Some(stage)
}

/// The agent ends by itself, with this reason code and these words.
fn assert_refuses(agent: &mut Agent, reason: &str, words: &str) {
    let (status, said) = agent.refused();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains(reason) && said.contains(words),
        "{reason}, {words}: {said}"
    );
}

#[test]
fn a_flipped_byte_stops_the_agent_and_names_the_record() {
    let Some(mut stage) = stopped() else { return };
    let directory = stage.agent.ledger();
    let frames = Segment::first(&directory).frames();
    let last = frames.len() - 1;
    for index in [0, 1, 2, last / 2, last - 1, last] {
        let frame = &frames[index];
        let places = [
            frame.offset,
            frame.offset + 5,
            frame.record.start,
            frame.record.start + frame.record.len() / 2,
            frame.record.end - 1,
        ];
        for place in places {
            Segment::first(&directory).flip(place);
            let name = format!("record {index}");
            assert_refuses(&mut stage.agent, "LEDGER_DAMAGED", &name);
            Segment::first(&directory).flip(place);
        }
    }
    stage.agent.start();
}

#[test]
fn a_ledger_cut_on_a_record_boundary_is_truncated() {
    let Some(mut stage) = stopped() else { return };
    let directory = stage.agent.ledger();
    let whole = fs::read(directory.join("00000000.seg")).unwrap();
    let frames = Segment::first(&directory).frames();
    for index in [1, frames.len() / 2, frames.len() - 1] {
        Segment::first(&directory).cut(frames[index].offset);
        let name = format!("record {index}");
        assert_refuses(&mut stage.agent, "LEDGER_TRUNCATED", &name);
        fs::write(directory.join("00000000.seg"), &whole).unwrap();
    }
    stage.agent.start();
}

/// Cut and filled up with zeros, a ledger looks as after a crash. Who saw more of it notices.
#[test]
fn a_ledger_that_got_shorter_is_refused_by_the_client_that_saw_more() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let client = stage.client("client");
    let app = Repository::complete(&stage.rpc(), "app");
    client.ok("agent status");
    stage.agent.kill();
    let directory = stage.agent.ledger();
    let frames = Segment::first(&directory).frames();
    // The keys and the root stay; what was signed with them later is forgotten.
    let decided = |frame: &&privyseal_tests::segment::Frame| {
        let segment = Segment::first(&directory);
        let record = Record::decode(segment.record(frame)).unwrap();
        matches!(record.event, Some(Event::Decision(decision)) if decision.role == "targets")
    };
    let first = frames.iter().find(decided).unwrap();
    Segment::first(&directory).erase(first.offset);
    stage.agent.start();

    for words in ["agent status", "key list", "ledger verify", "ledger show"] {
        client.run(words).assert_refused(4, "LEDGER_SHORTER");
    }
    // The agent can't know: it would sign a second content. The client sees the fork, too.
    let rpc = stage.rpc();
    let other = metadata::targets(1, &[("other.txt", b"other")]);
    app.sign(&rpc, "targets", &other).unwrap();
    for version in 2..12 {
        app.sign(&rpc, "targets", &metadata::targets(version, &[]))
            .unwrap();
    }
    client
        .run("agent status")
        .assert_refused(4, "LEDGER_FORKED");
    let stranger = stage.client("stranger");
    stranger.ok("agent status");
    client.ok("ledger forget default --yes");
    client.ok("agent status");
}

#[test]
fn a_ledger_that_is_gone_is_no_first_start() {
    let Some(mut stage) = stopped() else { return };
    let directory = stage.agent.ledger();
    let away = stage.sandbox.join("away");
    fs::rename(&directory, &away).unwrap();
    assert_refuses(&mut stage.agent, "LEDGER_MISSING", "never a first start");
    fs::create_dir(&directory).unwrap();
    assert_refuses(&mut stage.agent, "LEDGER_MISSING", "never a first start");
    fs::remove_dir(&directory).unwrap();
    fs::rename(&away, &directory).unwrap();
    // Nor is a new one made where the config names one, or where one is.
    let again = stage.agent.init();
    assert!(!again.status.success(), "{again:?}");
    stage.agent.start();
}

#[test]
fn another_ledger_in_its_place_is_refused() {
    let Some(mut stage) = stopped() else { return };
    let token = Tokens::new(&stage.sandbox, "more").token("two");
    let mut other = Agent::running(&stage.sandbox, "other", &Setup::new(&token));
    assert!(other.stop().success());
    let (mine, theirs) = (stage.agent.ledger(), other.ledger());
    let away = stage.sandbox.join("away");
    fs::rename(&mine, &away).unwrap();
    fs::rename(&theirs, &mine).unwrap();
    assert_refuses(&mut stage.agent, "LEDGER_FOREIGN", other.genesis());
    fs::rename(&mine, &theirs).unwrap();
    fs::rename(&away, &mine).unwrap();

    // Whoever also changes the config is noticed by the clients.
    let client = stage.client("client");
    stage.agent.start();
    client.ok("agent status");
    assert!(stage.agent.stop().success());
    let setup = Setup::new(&stage.token).ledger_key("ledger-2");
    let mut replaced = Agent::running(&stage.sandbox, "replaced", &setup);
    drop(Repository::complete(&replaced.rpc(), "more"));
    drop(Repository::complete(&replaced.rpc(), "most"));
    assert!(replaced.stop().success());
    let config = fs::read_to_string(replaced.config()).unwrap();
    let (theirs, mine) = (replaced.socket(), stage.agent.socket());
    let config = config.replace(theirs.to_str().unwrap(), mine.to_str().unwrap());
    fs::write(replaced.config(), config).unwrap();
    replaced.spawn();
    wait_for(&mine);
    client
        .run("agent status")
        .assert_refused(4, "LEDGER_REPLACED");
}

fn wait_for(socket: &Path) {
    privyseal_tests::wait::until("the agent", || Rpc::try_connect(socket)?.try_status().ok());
}

#[test]
fn one_agent_writes_a_ledger() {
    let Some(stage) = Stage::new() else { return };
    let mut second = Agent::without_ledger(&stage.sandbox, "second", &Setup::new(&stage.token));
    let config = fs::read_to_string(stage.agent.config()).unwrap();
    let (mine, theirs) = (second.socket(), stage.agent.socket());
    let config = config.replace(theirs.to_str().unwrap(), mine.to_str().unwrap());
    fs::write(second.config(), config).unwrap();
    assert_refuses(&mut second, "LEDGER_LOCKED", "another agent");
    stage.rpc().try_status().unwrap();
}

#[test]
fn a_rewritten_record_with_a_mended_checksum_is_noticed() {
    let Some(mut stage) = stopped() else { return };
    let directory = stage.agent.ledger();
    rewrite_a_keyid(&directory);
    // The checkpoint at the end does not cover what stands there now.
    let (_, said) = stage.agent.refused();
    assert!(
        said.contains("LEDGER_DAMAGED") && said.contains("checkpoint"),
        "{said}"
    );
    rewrite_a_keyid(&directory);

    // Without a checkpoint over it, the head that a client remembers shows it.
    stage.agent.start();
    let client = stage.client("client");
    let app = Repository::open(&stage.rpc(), "more");
    app.sign(&stage.rpc(), "targets", &metadata::targets(1, &[]))
        .unwrap();
    client.ok("agent status");
    stage.agent.kill();
    rewrite_a_keyid(&directory);
    stage.agent.start();
    client
        .run("agent status")
        .assert_refused(4, "LEDGER_FORKED");
}

/// Changes the keyid in the last decision, and mends the checksum; the second time, back again.
fn rewrite_a_keyid(directory: &Path) {
    let mut segment = Segment::first(directory);
    let mut decisions = segment.frames().into_iter().rev().filter_map(|frame| {
        let record = Record::decode(segment.record(&frame)).unwrap();
        match record.event {
            Some(Event::Decision(decision)) => Some((frame, decision.keyid)),
            _ => None,
        }
    });
    let (frame, keyid) = decisions.next().unwrap();
    let record = segment.record(&frame);
    let at = record.windows(64).position(|text| text == keyid.as_bytes());
    segment.rewrite(&frame, at.unwrap());
}

#[test]
fn a_full_disk_refuses_and_the_agent_goes_on_by_itself() {
    if !require::softhsm() {
        return;
    }
    let sandbox = Sandbox::new();
    let Some(_disk) = Tmpfs::mount(&sandbox.join("agent/ledger"), 1024 * 1024) else {
        return;
    };
    let token = Tokens::new(&sandbox, "tokens").token("one");
    let mut agent = Agent::running(&sandbox, "agent", &Setup::new(&token));
    let rpc = agent.rpc();
    let app = Repository::complete(&rpc, "app");
    let filler = agent.ledger().join("filler");
    drop(fs::write(&filler, vec![1; 1024 * 1024]));

    let document = |version| metadata::targets(version, &[]);
    let mut signed = Vec::new();
    let mut fastest = Duration::MAX;
    // The very end of the room may hold one more, so it takes some refusals in a row.
    let mut refusals = 0;
    while refusals < 20 {
        let started = Instant::now();
        match app.sign(&rpc, "targets", &document(signed.len() as u64 + 2)) {
            Ok(answer) => {
                signed.push(answer);
                refusals = 0;
            }
            Err(refusal) => {
                assert_eq!(
                    refusal.codes(),
                    (Code::Unavailable, "LEDGER_FULL"),
                    "{refusal:?}"
                );
                assert_eq!(refusal.retry, "safe");
                assert!(refusal.message.contains("no room"), "{refusal:?}");
                fastest = fastest.min(started.elapsed());
                refusals += 1;
            }
        }
        assert!(signed.len() < 100_000, "the disk is never full");
    }
    // The aim is 100 ms; the fastest of some answers is no matter of the machine's load.
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
    assert!(rpc.try_status().unwrap().ledger_fault.contains("no room"));

    fs::remove_file(&filler).unwrap();
    app.sign(&rpc, "snapshot", &metadata::snapshot(2, 1))
        .unwrap();
    assert_eq!(rpc.try_status().unwrap().ledger_fault, "");

    // What was signed last is recorded, although there was no room for it then.
    agent.restart();
    let last = signed.last().unwrap();
    let again = app
        .sign(&agent.rpc(), "targets", &document(last.version))
        .unwrap();
    assert!(again.recorded);
    assert_eq!(again.sig, last.sig);
    app.sign(&agent.rpc(), "targets", &document(last.version + 1))
        .unwrap();
}

#[test]
fn proofs_hold_before_an_independent_judge() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let client = stage.client("client");
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let judge = |shown: &str| python.script("merkle.py", ["-"], shown);
    let assert_holds = |shown: &str| {
        let said = judge(shown);
        assert_eq!(said.status, 0, "{shown}: {said:?}");
    };
    for index in ["0", "1", "7"] {
        assert_holds(&client.ok(&format!("ledger prove {index} --json")));
    }

    let old = rpc.head(0).unwrap().head.unwrap();
    app.sign(&rpc, "targets", &metadata::targets(2, &[]))
        .unwrap();
    let reply = rpc.head(old.size).unwrap();
    let new = reply.head.unwrap();
    assert!(new.size > old.size);
    let path: Vec<_> = reply.consistency.iter().map(hex::encode).collect();
    let mut shown = json!({
        "first_size": old.size, "first_root": hex::encode(&old.root),
        "second_size": new.size, "second_root": hex::encode(&new.root), "path": path,
    });
    assert_holds(&shown.to_string());
    shown["first_root"] = hex::encode([7; 32]).into();
    assert_eq!(judge(&shown.to_string()).status, 1, "the judge can say no");

    let head = rpc.head(0).unwrap().head.unwrap();
    let records = rpc.records().unwrap().into_iter();
    let records = records.take(usize::try_from(head.size).unwrap());
    let records: Vec<_> = records.map(|r| hex::encode(&r.record)).collect();
    assert_holds(&json!({ "records": records, "root": hex::encode(head.root) }).to_string());
}

#[test]
fn a_copy_is_verified_without_an_agent() {
    let Some(mut stage) = stopped() else { return };
    let copy = stage.sandbox.directory("copy");
    for entry in fs::read_dir(stage.agent.ledger()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let client = stage.client("client");
    let genesis = stage.agent.genesis().to_owned();
    let verify = format!("ledger verify --directory {} --genesis", copy.display());
    client.ok(&format!("{verify} {genesis}"));
    let other = "ab".repeat(32);
    client
        .run(&format!("{verify} {other}"))
        .assert_refused(3, "LEDGER_FOREIGN");
    let frame = Segment::first(&copy).frames()[3].clone();
    Segment::first(&copy).flip(frame.record.start + 2);
    client
        .run(&format!("{verify} {genesis}"))
        .assert_refused(3, "LEDGER_DAMAGED");

    stage.agent.start();
    client.ok("ledger verify");
    let shown = client.ok("ledger show --json");
    let events: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert!(events.as_array().unwrap().len() > 10);
}
