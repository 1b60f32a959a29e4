//! PINs: who is asked for them, how often they are tried, and when not at all.

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use virtual_yubikey::Firmware;

use crate::stage::{FACTORY, PIN, Stage, WRONG, sign};

#[test]
fn each_signature_of_a_pin_always_key_asks_anew() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    let signing = stage.opening(&key);
    let waiting = stage.awaited(Kind::Pin);
    assert_eq!(waiting.about, "root v1 of example.org/9c");
    stage.assert_tries(0, 3);
    stage.unlock(PIN).unwrap();
    signing.join().unwrap().unwrap();
    // Once when it was typed, and once for the signature.
    stage.assert_tries(2, 3);

    let again = stage.signing(&first_root_signed(&stage, &key), 1);
    stage.awaited(Kind::Pin);
    stage.assert_tries(2, 3);
    stage.unlock(PIN).unwrap();
    again.join().unwrap().unwrap();
    stage.assert_tries(4, 3);
}

/// The repository of a key whose first root was signed already.
fn first_root_signed(
    _stage: &Stage,
    key: &privyseal_proto::v1::Key,
) -> privyseal_tests::repository::Repository {
    let mut repository = crate::stage::repository(key);
    let root = privyseal_tests::metadata::root(1, &repository.roles);
    let first_root = privyseal_tests::metadata::digest(&root).to_string();
    repository.lineage.first_root = first_root;
    repository
}

#[test]
fn a_pin_once_key_asks_once() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    stage.unlock(PIN).unwrap();
    let repository = stage.opened(&key);
    sign(&stage.rpc, &repository, 1).unwrap();
    sign(&stage.rpc, &repository, 2).unwrap();
    // The card has it for each signature, and keeps it for none.
    stage.assert_tries(4, 3);
    stage.rpc.lock("yubikey").unwrap();
    let refused = sign(&stage.rpc, &repository, 3).unwrap_err();
    assert_eq!(refused.codes().1, "KEYSTORE_LOCKED", "{refused:?}");
    stage.unlock(PIN).unwrap();
    sign(&stage.rpc, &repository, 3).unwrap();
    stage.assert_tries(6, 3);
}

#[test]
fn a_wrong_pin_costs_the_try_that_was_typed_and_no_other() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    let signing = stage.opening(&key);
    stage.awaited(Kind::Pin);
    let refused = stage.unlock(WRONG).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_INCORRECT", "{refused:?}");
    assert!(
        format!("{refused:?}").contains("2 tries left"),
        "{refused:?}"
    );
    stage.assert_tries(1, 2);
    // The request still waits for somebody who knows it.
    stage.awaited(Kind::Pin);
    stage.unlock(PIN).unwrap();
    signing.join().unwrap().unwrap();
    stage.assert_tries(3, 3);
}

#[test]
fn the_last_try_is_nobodys_and_the_puk_helps() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    for left in [2, 1] {
        let refused = stage.unlock(WRONG).unwrap_err();
        assert_eq!(refused.codes().1, "PIN_INCORRECT", "{refused:?}");
        assert_eq!(stage.yubikey.pin_tries(), left);
    }
    // Not even the right one is tried now.
    for pin in [WRONG, PIN] {
        let refused = stage.unlock(pin).unwrap_err();
        assert_eq!(refused.codes().1, "PIN_FINAL_TRY", "{refused:?}");
    }
    let refused = stage.opening(&key).join().unwrap().unwrap_err();
    assert_eq!(refused.codes().1, "PIN_FINAL_TRY", "{refused:?}");
    stage.assert_tries(2, 1);
}

#[test]
fn the_configured_pin_is_not_tried_after_a_wrong_one_of_anybody() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    let repository = stage.opened(&key);
    stage.assert_tries(1, 3);
    let mut rival = crate::rival::Rival::new(&stage);
    rival.does("connect");
    rival.does("send 00a4040005a000000308");
    // VERIFY of 111111: wrong, two tries left.
    let wrong = rival.does("send 0020008008313131313131ffff");
    assert_eq!(wrong, "63c2");
    drop(rival);
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "PIN_LATCHED", "{refused:?}");
    stage.assert_tries(2, 2);
    // A person who typed it answers for the try.
    stage.unlock(PIN).unwrap();
    sign(&stage.rpc, &repository, 1).unwrap();
    stage.assert_tries(4, 3);
}

#[test]
fn what_can_be_no_pin_costs_no_try() {
    let Some(stage) = Stage::new() else {
        return;
    };
    for typed in [
        "12345",
        "123456789",
        "cccjgjgkhcbbirdrfdnlnghhfgrtnnlgedjlftrbdeut",
    ] {
        stage.unlock(typed).unwrap_err();
    }
    stage.assert_tries(0, 3);
}

#[test]
fn a_secret_from_the_factory_is_refused_unless_the_config_takes_it() {
    let Some(stage) = Stage::with("operator", "", Firmware(5, 7, 1)) else {
        return;
    };
    stage.until("the factory's PIN to be refused", |found| {
        found.state() == State::PinRefused && found.detail.contains("change-pin yubikey")
    });
    let refused = stage.unlock(PIN).unwrap_err();
    assert_eq!(refused.codes().1, "FACTORY_SECRET", "{refused:?}");
    stage.assert_tries(0, 3);
    drop(stage);
    assert!(FACTORY.contains("pin"));
}
