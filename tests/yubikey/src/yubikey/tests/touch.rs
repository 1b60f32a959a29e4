//! Waiting for a finger.

use std::{sync::mpsc, thread, time::Duration};

use super::{NEW, host, host::Host};
use crate::{Algorithm, Card, PinPolicy, Touch, TouchPolicy};

/// More than any wait here needs.
const LONG: Duration = Duration::from_secs(60);

/// A host of a card with a key in 9A that wants touches so.
fn touched(touch: TouchPolicy) -> Host {
    let host = host(NEW);
    host.yubikey
        .make_key(0x9a, Algorithm::P256, PinPolicy::Never, touch);
    host
}

/// Signs in another thread; gives the status, or nothing if the card left.
fn sign_apart(host: &Host) -> mpsc::Receiver<Option<u16>> {
    let (done, result) = mpsc::channel();
    let mut yubikey = host.yubikey.clone();
    thread::spawn(move || {
        let command = hex::decode(super::host::P256_SIGN.replace("SLOT", "9a")).unwrap();
        let answer = yubikey.transmit(&command);
        done.send(
            answer
                .last_chunk()
                .map(|status| u16::from_be_bytes(*status)),
        )
    });
    result
}

#[test]
fn a_key_that_wants_a_touch_waits_for_it() {
    let host = touched(TouchPolicy::Always);
    host.yubikey.set_touch(Touch::Wait);
    assert!(!host.yubikey.touch());
    let result = sign_apart(&host);
    assert!(host.yubikey.wait_until_touch_is_wanted(LONG));
    assert!(host.yubikey.waiting_for_touch());
    assert!(host.yubikey.touch());
    assert_eq!(result.recv_timeout(LONG), Ok(Some(0x9000)));
    assert!(!host.yubikey.waiting_for_touch());
    assert_eq!(host.yubikey.touches_wanted(), 1);
}

#[test]
fn nobody_touches_and_the_signature_is_refused() {
    let mut host = touched(TouchPolicy::Always);
    let sign = super::host::P256_SIGN.replace("SLOT", "9a");
    host.yubikey.set_touch(Touch::Never);
    host.refused(&sign, 0x6982);
    host.yubikey.set_touch(Touch::Wait);
    host.yubikey.set_touch_timeout(Duration::from_millis(5));
    host.refused(&sign, 0x6982);
    host.yubikey.set_touch_timeout(LONG);
    host.yubikey
        .set_touch(Touch::After(Duration::from_millis(5)));
    host.ok(&sign);
}

#[test]
fn pulling_the_card_out_ends_the_wait_without_an_answer() {
    let mut host = touched(TouchPolicy::Always);
    host.yubikey.set_touch(Touch::Wait);
    host.yubikey.set_touch_timeout(LONG * 60);
    let result = sign_apart(&host);
    assert!(host.yubikey.wait_until_touch_is_wanted(LONG));
    host.yubikey.power_cut()();
    assert_eq!(result.recv_timeout(LONG), Ok(None));
    host.yubikey.reset();
    host.ok("00a4040005a000000308");
}

#[test]
fn a_touch_counts_for_a_while_with_keys_that_cache_it() {
    let mut host = touched(TouchPolicy::Cached);
    let sign = super::host::P256_SIGN.replace("SLOT", "9a");
    host.ok(&sign);
    host.yubikey.set_touch(Touch::Never);
    host.ok(&sign);
    assert_eq!(host.yubikey.touches_wanted(), 1);
    host.yubikey.set_touch_cache(Duration::ZERO);
    host.refused(&sign, 0x6982);
}

#[test]
fn a_touch_is_not_remembered_by_keys_that_always_want_one() {
    let mut host = touched(TouchPolicy::Always);
    let sign = super::host::P256_SIGN.replace("SLOT", "9a");
    host.ok(&sign);
    host.yubikey.set_touch(Touch::Never);
    host.refused(&sign, 0x6982);
}

#[test]
fn the_management_key_can_want_a_touch_too() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.ok(&format!("00fffffe1b0a9b18{}", "0102030405060708".repeat(3)));
    assert_eq!(host.ok("00f7009b")[3..7], [2, 2, 0, 2]);
    host.prove_management_key();
    assert_eq!(host.yubikey.touches_wanted(), 1);
}
