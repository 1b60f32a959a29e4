//! What is too large, from too many, or empty: it is refused alone, and everybody else is served.

use std::sync::Barrier;
use std::thread;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::LineageRef;
use privyseal_tests::metadata::{self, edited};
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::shim_stage::ShimStage;
use privyseal_tests::somebody::{Identity, STRANGER, Somebody};
use privyseal_tests::stage::Stage;
use privyseal_tests::wait;
use tonic::Code;

const NOBODY: Identity<'_> = (STRANGER, STRANGER, &[]);

#[test]
fn a_record_too_large_for_the_ledger_fails_alone() {
    const ROUNDS: u64 = 10;
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::of_one_key(&rpc, "app").opened(&rpc);
    let small = ["one", "two"].map(|name| Repository::of_one_key(&rpc, name).opened(&rpc));
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
    // Each new entry is a fact for the record: more than a mebibyte of names.
    let large = edited(&metadata::snapshot(1, 1), |signed| {
        for entry in 0..1_100 {
            let name = format!("{entry}-{}.json", "n".repeat(1_000));
            signed["meta"][name] = serde_json::json!({ "version": 1 });
        }
    });
    let start = Barrier::new(small.len() + 1);
    thread::scope(|scope| {
        for repository in &small {
            let (rpc, start) = (stage.rpc(), &start);
            scope.spawn(move || {
                start.wait();
                for version in 1..=4 * ROUNDS {
                    let document = metadata::targets(version, &[]);
                    repository.sign(&rpc, "targets", &document).unwrap();
                }
            });
        }
        start.wait();
        for _ in 0..ROUNDS {
            let refusal = app.sign(&rpc, "snapshot", &large).unwrap_err();
            assert_eq!(refusal.reason, "LEDGER_REFUSED", "{refusal:?}");
        }
    });
    assert_eq!(rpc.try_status().unwrap().ledger_fault, "");
    // It burnt no version, and held no gate.
    app.sign(&rpc, "snapshot", &metadata::snapshot(1, 1))
        .unwrap();
}

#[test]
fn strangers_are_refused_unread_and_keep_nobody_out() {
    let Some(stage) = Stage::with(|_, setup| {
        let setup = setup.agent("mode = \"0666\"");
        setup.section("[limits]\nconnections = 16")
    }) else {
        return;
    };
    let Some(somebody) = Somebody::calls(&stage.sandbox, &stage.agent.socket()) else {
        return;
    };
    let app = Repository::of_one_key(&stage.rpc(), "app").opened(&stage.rpc());
    // What a caller who is known may not send either.
    let heavy = app.request("targets", "app", &vec![b'['; 11 << 20]);
    let answer = somebody.ask(NOBODY, "sign", &heavy);
    assert_eq!(answer["reason"], "NO_GRANT", "{answer}");
    let light = app.request("targets", "app", b"{");
    assert_eq!(answer, somebody.ask(NOBODY, "sign", &light));

    let silent = somebody.hold(NOBODY, 64);
    // The agent takes connections in their order, so it has seen all of theirs.
    for version in 1..=3 {
        let rpc = Rpc::try_connect(&stage.agent.socket()).unwrap();
        let document = metadata::targets(version, &[]);
        app.sign(&rpc, "targets", &document).unwrap();
    }
    let status = |who| somebody.ask(who, "status", &LineageRef::default());
    assert_ne!(
        status(NOBODY)["reason"],
        "NO_GRANT",
        "there is no place left"
    );
    drop(silent);
    wait::until("a place for a stranger", || {
        (status(NOBODY)["reason"] == "NO_GRANT").then_some(())
    });
}

#[test]
fn an_empty_pin_is_no_attempt() {
    let Some(stage) = ShimStage::running("") else {
        return;
    };
    let rpc = stage.rpc();
    rpc.lock("hsm").unwrap();
    let logins = || {
        let opened = |event: &Event| matches!(event, Event::LoginOpened(_));
        let events = records::events(&rpc).into_iter();
        (stage.calls("C_Login"), events.filter(opened).count())
    };
    let before = logins();
    for pin in ["", &"7".repeat(256)] {
        let refusal = rpc.unlock("hsm", pin).unwrap_err();
        let codes = (Code::InvalidArgument, "REQUEST_MALFORMED");
        assert_eq!(refusal.codes(), codes, "{} bytes", pin.len());
    }
    assert_eq!(logins(), before);
    rpc.unlock("hsm", stage.token.pin()).unwrap();
    assert_eq!(logins(), (before.0 + 1, before.1 + 1));
}
