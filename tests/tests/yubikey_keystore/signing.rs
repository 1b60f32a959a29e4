//! What is signed, with what, and with whose finger.

use std::time::Duration;

use privyseal_proto::v1::waiting::Kind;
use virtual_yubikey::{Firmware, Touch};

use crate::stage::{FACTORY, PIN, SERIAL, Stage, sign};

#[test]
fn every_algorithm_signs_and_the_agent_verifies_it() {
    let Some(stage) = Stage::with_pin_file() else {
        return;
    };
    let kinds = [
        ("9a", "ecdsa-p256", "never"),
        ("9c", "rsa-pss-2048", "always"),
        ("82", "ed25519", "once"),
        ("95", "rsa-pss-3072", "once"),
    ];
    for (tries, (slot, algorithm, pin)) in kinds.into_iter().enumerate() {
        let key = stage.key(slot, algorithm, pin, "never");
        assert_eq!(
            (key.algorithm.as_str(), key.object_id.as_str()),
            (algorithm, slot)
        );
        assert_eq!(key.token_serial, SERIAL.to_string());
        stage.opened(&key);
        stage.assert_tries(tries, 3);
    }
}

#[test]
fn older_firmware_signs_too_and_its_weakness_is_named() {
    let Some(stage) = Stage::with("operator", FACTORY, Firmware(5, 4, 3)) else {
        return;
    };
    stage.opened(&stage.key("9a", "ecdsa-p256", "never", "never"));
    let label = stage.status().token_label;
    assert!(
        label.contains("5.4.3") && label.contains("EUCLEAK"),
        "{label}"
    );
    let request = privyseal_proto::v1::GenerateKeyRequest {
        keystore: "yubikey".to_owned(),
        name: "new".to_owned(),
        algorithm: "ed25519".to_owned(),
        purpose: "tuf".to_owned(),
        authority: privyseal_tests::setup::AUTHORITY.to_owned(),
        repository: "example.org/new".to_owned(),
        slot: "82".to_owned(),
        ..Default::default()
    };
    let refused = stage.rpc.generate_as(request).unwrap_err();
    assert_eq!(refused.codes().1, "MECHANISM_UNSUPPORTED", "{refused:?}");
}

#[test]
fn a_touch_is_asked_for_by_the_name_of_what_is_signed() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "always");
    stage.yubikey.set_touch(Touch::Wait);
    let signing = stage.opening(&key);
    let waiting = stage.awaited(Kind::Touch);
    assert_eq!(waiting.device, format!("YubiKey {SERIAL}"));
    assert_eq!(waiting.about, "root v1 of example.org/9a");
    assert!(
        stage
            .yubikey
            .wait_until_touch_is_wanted(Duration::from_secs(10))
    );
    stage.yubikey.touch();
    signing.join().unwrap().unwrap();
    assert!(stage.status().waiting.is_empty());
    stage.assert_tries(0, 3);
}

#[test]
fn a_touch_that_nobody_gave_is_told_from_a_missing_pin() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9c", "ecdsa-p256", "always", "always");
    let signing = stage.opening(&key);
    stage.awaited(Kind::Pin);
    stage.yubikey.set_touch(Touch::Never);
    stage.unlock(PIN).unwrap();
    let refused = signing.join().unwrap().unwrap_err();
    assert_eq!(refused.codes().1, "TOUCH_TIMEOUT", "{refused:?}");
    stage.assert_tries(2, 3);

    // The PIN was used up with it, and the same request may be made again.
    stage.yubikey.set_touch(Touch::Automatic);
    let signing = stage.opening(&key);
    stage.awaited(Kind::Pin);
    stage.unlock(PIN).unwrap();
    signing.join().unwrap().unwrap();
    stage.assert_tries(4, 3);
}

#[test]
fn one_touch_serves_a_cached_key_for_a_while() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("9a", "ecdsa-p256", "never", "cached");
    let repository = stage.opened(&key);
    let wanted = stage.yubikey.touches_wanted();
    sign(&stage.rpc, &repository, 1).unwrap();
    assert_eq!(stage.yubikey.touches_wanted(), wanted);
}

#[test]
fn a_message_that_is_too_long_for_ed25519_on_the_card_is_not_sent() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let key = stage.key("82", "ed25519", "never", "never");
    let repository = stage.opened(&key);
    stage.yubikey.clear_journal();
    let files: Vec<_> = (0..60)
        .map(|n| format!("a-file-with-a-long-name-{n:03}"))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|name| (name.as_str(), &b"a"[..]))
        .collect();
    let document = privyseal_tests::metadata::targets(1, &files);
    let refused = repository
        .sign(&stage.rpc, "targets", &document)
        .unwrap_err();
    assert_eq!(refused.codes().1, "MECHANISM_UNSUPPORTED", "{refused:?}");
    let sent = stage.yubikey.journal().iter().any(|event| event.is(0x87));
    assert!(!sent, "the card was asked to sign");
}
