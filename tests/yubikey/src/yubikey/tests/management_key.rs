//! Proof of the management key, and new ones.

use super::{NEW, OLD, host};
use crate::{
    Firmware,
    piv::{Cipher, ManagementKey, TouchPolicy},
};

#[test]
fn the_management_key_opens_what_changes_the_card() {
    for firmware in [OLD, NEW] {
        let mut host = host(firmware);
        host.refused("004700 9a 05 ac03 800111", 0x6982);
        host.prove_management_key();
        host.ok("004700 9a 05 ac03 800111");
    }
}

#[test]
fn a_wrong_management_key_proves_nothing() {
    let mut host = host(NEW);
    host.ok("00870a9b047c028000");
    let wrong = format!(
        "00870a9b267c248010{}8110{}",
        "00".repeat(16),
        "00".repeat(16)
    );
    host.refused(&wrong, 0x6982);
    host.refused("004700 9a 05 ac03 800111", 0x6982);
}

#[test]
fn every_cipher_that_the_firmware_has_can_be_set_and_proved() {
    for (cipher, length) in [
        (Cipher::TripleDes, 24),
        (Cipher::Aes128, 16),
        (Cipher::Aes192, 24),
        (Cipher::Aes256, 32),
    ] {
        let mut host = host(OLD);
        host.prove_management_key();
        let bytes: Vec<u8> = (10..10 + length).collect();
        let data = format!("{:02x}9b{length:02x}{}", cipher as u8, hex::encode(&bytes));
        host.ok(&format!("00ffffff{:02x}{data}", data.len() / 2));
        let key = ManagementKey::new(cipher, &bytes, TouchPolicy::Never).unwrap();
        host.ok("00a4040008a000000527471117");
        host.ok("00a4040005a000000308");
        host.refused("00ffffff03039b00", 0x6982);
        host.prove(&key);
        assert_eq!(host.ok("00f7009b")[2], cipher as u8);
        assert_eq!(host.ok("00f7009b")[9], 0);
    }
}

#[test]
fn the_host_alone_can_prove_itself() {
    for firmware in [OLD, NEW] {
        let mut host = host(firmware);
        let key = ManagementKey::factory(firmware);
        let header = format!("0087{:02x}9b", key.cipher as u8);
        let challenge = host.ok(&format!("{header}047c028100"))[4..].to_vec();
        let response = key.encrypt(&challenge).unwrap();
        let length = response.len();
        let hex = hex::encode(response);
        host.ok(&format!(
            "{header}{:02x}7c{:02x}82{length:02x}{hex}",
            length + 4,
            length + 2
        ));
        host.ok("004700 9a 05 ac03 800111");
    }
}

#[test]
fn a_wrong_response_to_the_cards_challenge_proves_nothing() {
    let mut host = host(NEW);
    host.ok("00870a9b047c028100");
    host.refused(&format!("00870a9b147c128210{}", "00".repeat(16)), 0x6982);
    host.refused("004700 9a 05 ac03 800111", 0x6982);
}

#[test]
fn a_response_without_a_challenge_and_another_cipher_are_refused() {
    let mut host = host(NEW);
    host.refused(&format!("00870a9b147c128210{}", "00".repeat(16)), 0x6A80);
    host.refused("0087039b047c028000", 0x6A80);
}

#[test]
fn a_key_of_the_wrong_length_or_cipher_is_not_set() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.refused("00ffffff050a9b020102", 0x6700);
    host.refused("00ffffff050a9b030102", 0x6700);
    host.refused("00ffffff05019b020102", 0x6A80);
    let mut old = self::host(Firmware(5, 3, 0));
    old.prove_management_key();
    old.refused(&format!("00ffffff130 89b10{}", "01".repeat(16)), 0x6A80);
}
