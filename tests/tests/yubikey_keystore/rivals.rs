//! Other programs that use the same YubiKey.

use std::time::Duration;

use privyseal_proto::v1::keystore_status::State;
use virtual_yubikey::{Event, Touch};

use crate::rival::Rival;
use crate::stage::{FACTORY, PIN, Stage, sign};

/// SELECT of PIV, and of YubiKey management.
const PIV: &str = "send 00a4040005a00000030800";
const MANAGEMENT: &str = "send 00a4040008a00000052747111700";

/// GENERAL AUTHENTICATE with the P-256 key in 9c over a digest of zeros.
fn signature() -> String {
    format!("send 0087119c267c2482008120{}00", "00".repeat(32))
}

#[test]
fn nobody_signs_on_our_pin() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "once", "always");
    let mut rival = Rival::new(&stage);
    rival.does("connect");
    assert!(rival.does(PIV).ends_with("9000"));
    // The PIN that a person typed was verified, and is held by the agent alone.
    stage.unlock(PIN).unwrap();
    assert_eq!(rival.does(&signature()), "6982");
    stage.yubikey.set_touch(Touch::Wait);
    let signing = stage.opening(&key);
    // The PIN is verified now, and the card waits for a finger: the other program, too, has to wait.
    assert!(
        stage
            .yubikey
            .wait_until_touch_is_wanted(Duration::from_secs(10))
    );
    rival.begin(&signature());
    stage.yubikey.set_touch(Touch::Automatic);
    signing.join().unwrap().unwrap();
    assert_eq!(rival.end(), "ok 6982");
    stage.assert_tries(2, 3);
}

#[test]
fn another_application_or_a_reset_is_no_hindrance() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    stage.unlock(PIN).unwrap();
    let repository = stage.opened(&key);
    let mut rival = Rival::new(&stage);
    rival.does("connect");
    assert!(rival.does(MANAGEMENT).ends_with("9000"));
    sign(&stage.rpc, &repository, 1).unwrap();
    rival.does("reset");
    sign(&stage.rpc, &repository, 2).unwrap();
    stage.assert_tries(4, 3);
}

#[test]
fn the_card_is_given_back_as_it_was() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let mut rival = Rival::new(&stage);
    rival.does("connect");
    rival.does(PIV);
    stage.yubikey.clear_journal();
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    stage.opened(&key);
    let disturbed = stage.yubikey.journal();
    let disturbed = disturbed
        .iter()
        .any(|event| matches!(event, Event::Reset | Event::PowerCut));
    assert!(!disturbed, "the card was reset");
    // The other program's connection lives, and administers nothing on our key.
    let generate = "send 004700820bac09800111aa0101ab010100";
    rival.does(PIV);
    assert_eq!(rival.does(generate), "6982");
}

#[test]
fn who_holds_the_card_too_long_is_suspected_by_name() {
    let lines = format!("{FACTORY}deadline = \"1s\"\n");
    let Some(stage) = Stage::with("operator", &lines, virtual_yubikey::Firmware(5, 7, 1)) else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    let repository = stage.opened(&key);
    let mut rival = Rival::new(&stage);
    rival.does("connect");
    rival.does("begin");
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "DEVICE_HELD", "{refused:?}");
    assert!(
        format!("{refused:?}").contains("gpgconf --kill scdaemon"),
        "{refused:?}"
    );
    stage.yubikey.clear_journal();
    rival.does("end");
    sign(&stage.rpc, &repository, 1).unwrap();
    // What nobody waited for any more was not done.
    let signatures = stage.yubikey.journal();
    let signatures = signatures.iter().filter(|event| event.is(0x87));
    assert_eq!(signatures.count(), 1);
}

#[test]
fn who_has_the_card_for_itself_is_waited_out() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    let repository = stage.opened(&key);
    let mut rival = Rival::new(&stage);
    rival.does("own");
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "DEVICE_HELD", "{refused:?}");
    rival.does("leave");
    sign(&stage.rpc, &repository, 1).unwrap();

    rival.does("own");
    stage.agent.kill();
    stage.agent.start_without_token();
    stage.rpc = stage.agent.rpc();
    stage.until("it to be held", |found| {
        found.state() == State::Faulted && found.detail.contains("another program")
    });
    rival.does("leave");
    stage.until_ready();
}
