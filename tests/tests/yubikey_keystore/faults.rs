//! A YubiKey that hangs, answers nonsense, or is stricter than most.

use std::time::{Duration, Instant};

use privyseal_proto::v1::keystore_status::State;
use virtual_yubikey::{Effect, Fault, Firmware, Reselect};

use crate::stage::{FACTORY, PIN, Stage, sign};

/// GENERAL AUTHENTICATE, GET METADATA, GET SERIAL.
const AUTHENTICATE: u8 = 0x87;
const METADATA: u8 = 0xf7;
const SERIAL: u8 = 0xf8;

#[test]
fn an_answer_that_makes_no_sense_ends_one_request_and_no_more() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    let repository = stage.opened(&key);
    let mut tries = 1;
    let spoiled = [
        (METADATA, Effect::Garbage, 0),
        (METADATA, Effect::Empty, 0),
        (METADATA, Effect::Truncate(5), 0),
        (METADATA, Effect::WrongPublicKey, 0),
        (SERIAL, Effect::Empty, 0),
        (AUTHENTICATE, Effect::Garbage, 1),
        (AUTHENTICATE, Effect::Empty, 1),
        (AUTHENTICATE, Effect::FlipLastBit, 1),
        (AUTHENTICATE, Effect::Status(0x6f00), 1),
    ];
    for (version, (instruction, effect, tried)) in (1..).zip(spoiled) {
        stage.yubikey.fail(Fault::once(instruction, effect));
        let refused = sign(&stage.rpc, &repository, version).unwrap_err();
        assert_eq!(stage.yubikey.forgive(), 0, "{effect:?}: {refused:?}");
        tries += tried;
        stage.assert_tries(tries, 3);
        // The same request, made again.
        stage.until_ready();
        sign(&stage.rpc, &repository, version)
            .unwrap_or_else(|error| panic!("{effect:?}: {error:?}"));
        tries += 1;
        stage.assert_tries(tries, 3);
    }
}

#[test]
fn who_waits_for_a_yubikey_that_hangs_is_answered_in_time() {
    let lines = format!("{FACTORY}deadline = \"1s\"\n");
    let Some(stage) = Stage::with("operator", &lines, Firmware(5, 7, 1)) else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    let repository = stage.opened(&key);
    let hang = Effect::Hang(Duration::from_secs(25));
    stage.yubikey.fail(Fault::once(AUTHENTICATE, hang));
    let asked = Instant::now();
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "KEYSTORE_DEADLINE", "{refused:?}");
    // Time for the card, and for a touch; no promise of when, but before the card is done.
    assert!(
        asked.elapsed() < Duration::from_secs(25),
        "{:?}",
        asked.elapsed()
    );
    // Meanwhile the agent answers whoever asks something else.
    assert_eq!(stage.status().state(), State::Ready);
    sign(&stage.rpc, &repository, 1).unwrap();
}

#[test]
fn one_that_forgets_the_pin_when_it_is_selected_again_signs_too() {
    let Some(stage) = Stage::of("operator", FACTORY, Firmware(5, 7, 1), Reselect::Clear) else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    stage.unlock(PIN).unwrap();
    let repository = stage.opened(&key);
    sign(&stage.rpc, &repository, 1).unwrap();
    stage.assert_tries(3, 3);
}

#[test]
fn firmware_that_tells_nothing_of_its_pin_is_refused_by_name() {
    let Some(stage) = Stage::with("operator", FACTORY, Firmware(5, 2, 4)) else {
        return;
    };
    stage.until("the firmware to be refused", |found| {
        found.state() == State::Faulted && found.detail.contains("firmware 5.3")
    });
    stage.unlock(PIN).unwrap_err();
    stage.assert_tries(0, 3);
}

#[test]
fn requests_that_come_at_once_are_signed_one_after_the_other() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let slots = ["9a", "9c", "9d", "9e"];
    let keys = slots.map(|slot| stage.key(slot, "ecdsa-p256", "always", "always"));
    let signing = keys.each_ref().map(|key| stage.opening(key));
    for one in signing {
        one.join().unwrap().unwrap();
    }
    stage.assert_tries(4, 3);
}
