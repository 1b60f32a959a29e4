//! What goes wrong on demand, and what is written down.

use std::time::Duration;

use super::{NEW, host, host::P256_SIGN};
use crate::{
    Algorithm, Application, Card, Effect, Event, Fault, PinPolicy, Status, TouchPolicy, instruction,
};

#[test]
fn a_fault_befalls_its_command_once_and_no_other() {
    let mut host = host(NEW);
    host.yubikey.fail(Fault::once(
        instruction::GET_VERSION,
        Effect::Status(0x6F00),
    ));
    host.ok("00f80000");
    host.refused("00fd0000", 0x6F00);
    host.ok("00fd0000");
}

#[test]
fn a_fault_can_wait_for_a_slot_and_come_twice() {
    let mut host = host(NEW);
    let fault = Fault::once(instruction::GET_METADATA, Effect::Empty)
        .with_p2(0x81)
        .times(2);
    host.yubikey.fail(fault);
    assert!(!host.ok("00f70080").is_empty());
    assert!(host.ok("00f70081").is_empty());
    assert!(host.ok("00f70081").is_empty());
    assert!(!host.ok("00f70081").is_empty());
    assert_eq!(host.yubikey.forgive(), 0);
}

#[test]
fn answers_are_spoiled() {
    let mut host = host(NEW);
    let version = instruction::GET_VERSION;
    host.yubikey.fail(Fault::once(version, Effect::Truncate(1)));
    host.yubikey.fail(Fault::once(version, Effect::FlipLastBit));
    host.yubikey.fail(Fault::once(version, Effect::Garbage));
    host.yubikey
        .fail(Fault::once(version, Effect::Hang(Duration::from_millis(1))));
    assert_eq!(host.ok("00fd0000"), [5]);
    assert_eq!(host.ok("00fd0000"), [5, 7, 0]);
    assert_eq!(host.ok("00fd0000").len(), 64);
    assert_eq!(host.ok("00fd0000"), [5, 7, 1]);
}

#[test]
fn a_flipped_signature_does_not_verify() {
    use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};

    let mut host = host(NEW);
    let public = host.make_key(0x9e, Algorithm::P256);
    let flip = Fault::once(instruction::GENERAL_AUTHENTICATE, Effect::FlipLastBit);
    host.yubikey.fail(flip.with_p2(0x9e));
    let answer = host.ok(&P256_SIGN.replace("SLOT", "9e"));
    let signature = Signature::from_der(&answer[4..]).unwrap();
    let key = VerifyingKey::from_sec1_bytes(&public[2..]).unwrap();
    assert!(key.verify_prehash(&[0x5a; 32], &signature).is_err());
}

#[test]
fn another_public_key_is_told_than_the_slot_has() {
    let mut host = host(NEW);
    host.make_key(0x9a, Algorithm::P256);
    let own = host.ok("00f7009a");
    host.yubikey.fail(Fault::once(
        instruction::GET_METADATA,
        Effect::WrongPublicKey,
    ));
    let other = host.ok("00f7009a");
    assert_ne!(other, own);
    assert_eq!(host.ok("00f7009a"), own);
    host.yubikey
        .fail(Fault::once(instruction::GENERATE, Effect::WrongPublicKey));
    let told = host.make_key(0x9a, Algorithm::P256);
    assert_ne!(host.ok("00f7009a")[12..], told[..]);
}

#[test]
fn the_card_can_be_pulled_out_before_and_after_a_command() {
    let mut host = host(NEW);
    let verify = hex::decode("0020008008313233343536ffff").unwrap();
    host.yubikey
        .fail(Fault::once(instruction::VERIFY, Effect::RemoveBefore));
    assert!(host.yubikey.transmit(&verify).is_empty());
    assert!(!host.yubikey.pin_is_verified());
    host.yubikey
        .fail(Fault::once(instruction::VERIFY, Effect::RemoveAfter));
    assert!(host.yubikey.transmit(&verify).is_empty());
    assert!(host.yubikey.pin_is_verified());
}

#[test]
fn a_card_that_hangs_can_be_pulled_out() {
    let host = host(NEW);
    let hang = Effect::Hang(Duration::from_secs(3600));
    host.yubikey
        .fail(Fault::once(instruction::GET_VERSION, hang));
    let mut card = host.yubikey.clone();
    let hanging = std::thread::spawn(move || card.transmit(&[0, 0xFD, 0, 0]));
    // The fault is taken when the command begins; cutting the power again costs nothing.
    while !hanging.is_finished() {
        host.yubikey.power_cut()();
        std::thread::yield_now();
    }
    assert!(hanging.join().unwrap().is_empty());
}

#[test]
fn the_journal_tells_commands_resets_and_tries_at_the_pin() {
    let mut host = host(NEW);
    host.yubikey.clear_journal();
    host.ok("00a4040008a000000527471117");
    host.ok("00a4040005a000000308");
    host.refused("0020008000", 0x63C3);
    host.verify_pin();
    host.ok("0020ff80");
    host.yubikey.reset();
    let command = |application, ins, p1, p2, length, status| Event::Command {
        application: Some(application),
        cla: 0,
        ins,
        p1,
        p2,
        length,
        status: Some(Status(status)),
    };
    let piv = Application::Piv;
    assert_eq!(
        host.yubikey.journal(),
        [
            command(
                Application::Management,
                instruction::SELECT,
                4,
                0,
                8,
                0x9000
            ),
            command(piv, instruction::SELECT, 4, 0, 5, 0x9000),
            command(piv, instruction::VERIFY, 0, 0x80, 0, 0x63C3),
            command(piv, instruction::VERIFY, 0, 0x80, 8, 0x9000),
            command(piv, instruction::VERIFY, 0xFF, 0x80, 0, 0x9000),
            Event::Reset,
        ]
    );
    assert_eq!(host.yubikey.verify_count(), 1);
}

#[test]
fn the_journal_is_read_while_a_command_waits() {
    let host = host(NEW);
    host.yubikey
        .make_key(0x9a, Algorithm::P256, PinPolicy::Never, TouchPolicy::Always);
    host.yubikey.set_touch(crate::Touch::Wait);
    let mut card = host.yubikey.clone();
    let command = hex::decode(P256_SIGN.replace("SLOT", "9a")).unwrap();
    let waiting = std::thread::spawn(move || card.transmit(&command));
    assert!(
        host.yubikey
            .wait_until_touch_is_wanted(Duration::from_secs(60))
    );
    assert_eq!(host.yubikey.verify_count(), 0);
    host.yubikey.touch();
    assert!(waiting.join().unwrap().len() > 2);
}
