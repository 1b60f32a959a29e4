//! A PIN that a person types, for one signature each time.

use std::thread;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use privyseal_tests::repository::Repository;
use privyseal_tests::{metadata, openssl, records, wait};

use crate::stage::{KEYSTORE, Module, PIN, Plan, SIGNATURE, Stage, sign};

const WRONG: &str = "999999";

/// Unlocked, with a repository. Whatever was typed is used up.
fn opened(module: Module, more: &str) -> Option<(Stage, Repository)> {
    let stage = Stage::new(&Plan {
        typed: true,
        more,
        ..Plan::new(module)
    })?;
    let rpc = stage.rpc();
    wait::until("the keystore to wait for its PIN", || {
        (stage.status().state() == State::Locked).then_some(())
    });
    // There is no key yet that wants it, so it is for the login alone.
    rpc.unlock(KEYSTORE, PIN).unwrap();
    let repository = stage.repository(SIGNATURE);
    Some((stage, repository))
}

#[test]
fn a_request_waits_for_the_pin_and_its_caller_hears_it() {
    for module in Module::ALL {
        let Some((stage, repository)) = opened(module, "") else {
            return;
        };
        let (rpc, key) = (stage.rpc(), repository.key("targets"));
        for version in 1..=2 {
            let document = metadata::targets(version, &[]);
            let request = repository.request("targets", &key.name, &document);
            let before = stage.yubikey.verify_count();
            let (heard, signed) = thread::scope(|scope| {
                let asking = scope.spawn(|| sign(&rpc, request));
                stage.wait_for(Kind::Pin);
                assert_eq!(stage.yubikey.verify_count(), before);
                stage.rpc().unlock(KEYSTORE, PIN).unwrap();
                asking.join().unwrap()
            });
            assert_eq!(heard, [Kind::Pin]);
            assert!(openssl::verifies(key, &document, &signed.unwrap()));
            assert_eq!(stage.yubikey.verify_count(), before + 1);
            assert!(stage.status().waiting.is_empty());
        }
    }
}

#[test]
fn a_pin_that_was_typed_before_serves_one_signature() {
    let Some((stage, repository)) = opened(Module::Ykcs11, "person_time = \"10s\"") else {
        return;
    };
    let (rpc, key) = (stage.rpc(), &repository.key("targets").name);
    rpc.unlock(KEYSTORE, PIN).unwrap();
    let first = repository.request("targets", key, &metadata::targets(1, &[]));
    let (heard, signed) = sign(&rpc, first.clone());
    assert!(heard.is_empty() && signed.is_ok(), "{signed:?}");
    // What was signed before is given again without anybody.
    let (heard, signed) = sign(&rpc, first);
    assert!(heard.is_empty() && signed.is_ok(), "{signed:?}");

    let (decisions, tries) = (records::decisions(&rpc).len(), stage.yubikey.verify_count());
    let next = repository.request("targets", key, &metadata::targets(2, &[]));
    let (heard, refused) = sign(&rpc, next);
    assert_eq!(heard, [Kind::Pin]);
    let refused = refused.unwrap_err();
    assert_eq!(refused.reason, "KEYSTORE_LOCKED", "{refused:?}");
    assert!(refused.message.contains("nobody typed"), "{refused:?}");
    assert!(refused.remedy.contains("agent unlock"), "{refused:?}");
    assert_eq!(records::decisions(&rpc).len(), decisions);
    assert_eq!(stage.yubikey.verify_count(), tries);
    assert_eq!(stage.status().state(), State::Ready);
}

#[test]
fn a_wrong_pin_costs_one_try_and_the_next_one_is_a_persons() {
    for module in Module::ALL {
        let Some((stage, repository)) = opened(module, "") else {
            return;
        };
        let (rpc, key) = (stage.rpc(), repository.key("targets"));
        let document = metadata::targets(1, &[]);
        let request = || repository.request("targets", &key.name, &document);
        rpc.unlock(KEYSTORE, WRONG).unwrap();
        let (_, refused) = sign(&rpc, request());
        assert_eq!(refused.unwrap_err().reason, "PIN_INCORRECT", "{module:?}");
        assert_eq!(stage.yubikey.pin_tries(), 2);
        let tries = stage.yubikey.verify_count();
        for _ in 0..2 {
            let (_, refused) = sign(&rpc, request());
            let reason = refused.unwrap_err().reason;
            assert!(["PIN_LATCHED", "PIN_INCORRECT"].contains(&reason.as_str()));
        }
        assert_eq!(stage.yubikey.verify_count(), tries);

        rpc.unlock(KEYSTORE, PIN).unwrap();
        let (_, signed) = sign(&rpc, request());
        assert!(openssl::verifies(key, &document, &signed.unwrap()));
        assert_eq!(stage.yubikey.pin_tries(), 3);
    }
}

#[test]
fn each_try_of_a_typed_pin_is_recorded_with_who_typed_it() {
    let Some((stage, repository)) = opened(Module::Ykcs11, "") else {
        return;
    };
    let (rpc, key) = (stage.rpc(), &repository.key("targets").name);
    let logins = || {
        let events = records::events(&rpc).into_iter();
        let opened = events.filter_map(|event| match event {
            Event::LoginOpened(login) => Some(login),
            _ => None,
        });
        opened
            .filter(|login| login.keystore == KEYSTORE)
            .collect::<Vec<_>>()
    };
    let before = logins().len();
    rpc.unlock(KEYSTORE, PIN).unwrap();
    assert_eq!(logins().len(), before);
    let request = repository.request("targets", key, &metadata::targets(1, &[]));
    sign(&rpc, request).1.unwrap();
    let after = logins();
    assert_eq!(after.len(), before + 1);
    assert!(after.last().unwrap().operator.is_some());
}
