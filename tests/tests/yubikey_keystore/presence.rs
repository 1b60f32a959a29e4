//! Pulled out, plugged in, another one in its place, pcscd restarted.

use std::time::Duration;

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use virtual_yubikey::{Effect, Fault, Firmware, Profile, Touch, VirtualYubiKey};

use crate::stage::{PIN, Stage, sign};

#[test]
fn pulled_out_while_it_waits_for_a_touch() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "always");
    stage.yubikey.set_touch(Touch::Wait);
    let signing = stage.opening(&key);
    stage.awaited(Kind::Pin);
    stage.unlock(PIN).unwrap();
    assert!(
        stage
            .yubikey
            .wait_until_touch_is_wanted(Duration::from_secs(10))
    );
    stage.plugboard.pull(&stage.yubikey);
    let refused = signing.join().unwrap().unwrap_err();
    assert_eq!(refused.codes().1, "KEYSTORE_ABSENT", "{refused:?}");
    stage.until("the YubiKey to be missed", |found| {
        found.state() == State::Absent
    });
    assert_eq!(stage.yubikey.verify_count(), 2);

    stage.plugboard.plug(&stage.yubikey);
    stage.yubikey.set_touch(Touch::Automatic);
    stage.until_ready();
    let signing = stage.opening(&key);
    stage.awaited(Kind::Pin);
    stage.unlock(PIN).unwrap();
    signing.join().unwrap().unwrap();
    stage.assert_tries(4, 3);
}

#[test]
fn pulled_out_before_and_after_a_signature_is_made() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    let repository = stage.opened(&key);
    for effect in [Effect::RemoveBefore, Effect::RemoveAfter] {
        stage.yubikey.fail(Fault::once(0x87, effect));
        let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
        assert_eq!(refused.codes().1, "KEYSTORE_ABSENT", "{refused:?}");
        stage.plugboard.pull(&stage.yubikey);
        stage.plugboard.plug(&stage.yubikey);
        stage.until_ready();
    }
    sign(&stage.rpc, &repository, 1).unwrap();
}

#[test]
fn a_typed_pin_is_forgotten_when_the_yubikey_goes() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "once", "never");
    stage.unlock(PIN).unwrap();
    let repository = stage.opened(&key);
    stage.plugboard.pull(&stage.yubikey);
    stage.plugboard.plug(&stage.yubikey);
    stage.until_ready();
    let signing = stage.signing(&repository, 1);
    stage.awaited(Kind::Pin);
    stage.assert_tries(2, 3);
    stage.unlock(PIN).unwrap();
    signing.join().unwrap().unwrap();
}

#[test]
fn another_yubikey_in_its_port_gets_no_pin() {
    let Some(mut stage) = Stage::with_pin_file() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    let repository = stage.opened(&key);
    let other = VirtualYubiKey::new(Profile::new(87_654_321, Firmware(5, 7, 1)));
    stage.plugboard.swap(&stage.yubikey, &other);
    stage.until("the other one to be named", |found| {
        found.state() == State::Absent && found.detail.contains("YubiKey 87654321")
    });
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "KEYSTORE_ABSENT", "{refused:?}");
    stage.unlock(PIN).unwrap_err();
    assert_eq!(other.verify_count(), 0);

    stage.plugboard.swap(&other, &stage.yubikey);
    // It holds root keys, so a person says that this is the one.
    stage.until("a person to be wanted", |found| {
        found.state() == State::Locked
    });
    stage.unlock(PIN).unwrap();
    sign(&stage.rpc, &repository, 1).unwrap();
    stage.assert_tries(3, 3);
}

#[test]
fn another_key_in_its_slot_signs_nothing() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "never");
    let repository = stage.opened(&key);
    assert!(stage.yubikey.swap_key(0x9c));
    let refused = sign(&stage.rpc, &repository, 1).unwrap_err();
    assert_eq!(refused.codes().1, "KEY_MISMATCH", "{refused:?}");
    stage.assert_tries(1, 3);
}

#[test]
fn pcscd_may_be_restarted_at_any_time() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "never");
    let repository = stage.opened(&key);
    stage.plugboard.restart_pcscd();
    sign(&stage.rpc, &repository, 1).unwrap_or_else(|_| {
        // It was seen that pcscd was gone, before it was seen that it is back.
        stage.until_ready();
        sign(&stage.rpc, &repository, 1).unwrap()
    });
    stage.plugboard.stop_pcscd();
    stage.until("pcscd to be missed", |found| {
        found.state() == State::Absent && found.detail.contains("pcscd")
    });
    stage.plugboard.restart_pcscd_without_readers();
    stage.until("the reader to be missed", |found| {
        found.state() == State::Absent && !found.detail.contains("pcscd")
    });
    stage.plugboard.restart_pcscd();
    stage.until_ready();
    sign(&stage.rpc, &repository, 2).unwrap();
}
