//! Each command as raw APDUs: what it does, and each refusal.

mod host;

use host::{Host, P256_SIGN};

use crate::{Firmware, Profile, VirtualYubiKey};

const NEW: Firmware = Firmware(5, 7, 1);
const OLD: Firmware = Firmware(5, 4, 3);

fn host(firmware: Firmware) -> Host {
    let mut host = Host::new(VirtualYubiKey::new(Profile::new(12_345_678, firmware)));
    host.ok("00a4040005a000000308");
    host
}

#[test]
fn piv_tells_its_version_and_serial_number() {
    let mut host = host(NEW);
    assert_eq!(host.ok("00fd0000"), [5, 7, 1]);
    assert_eq!(host.ok("00f80000"), 12_345_678u32.to_be_bytes());
}

#[test]
fn management_tells_its_version_and_its_page() {
    let mut host = host(OLD);
    assert_eq!(
        host.ok("00a4040008a000000527471117"),
        b"Virtual mgr - FW version 5.4.3"
    );
    let page = host.ok("001d000000");
    assert_eq!(usize::from(page[0]), page.len() - 1);
    assert!(hex::encode(page).contains("020400bc614e"));
}

#[test]
fn an_application_that_is_not_there_is_not_selected() {
    host(NEW).refused("00a4040008a0000006472f0001", 0x6A82);
}

#[test]
fn wrong_pins_block_the_pin_and_the_puk_opens_it_again() {
    let mut host = host(NEW);
    host.refused("0020008000", 0x63C3);
    for status in [0x63C2, 0x63C1, 0x63C0, 0x6983] {
        host.refused("0020008008393939393939ffff", status);
    }
    host.refused("0020008008313233343536ffff", 0x6983);
    host.refused("0020008000", 0x6983);
    host.ok("002c0080103132333435363738363534333231ffff");
    host.ok("0020008008363534333231ffff");
    host.ok("0020008000");
    host.ok("0020ff80");
    host.refused("0020008000", 0x63C3);
}

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
fn a_key_made_on_the_card_signs_and_its_signature_verifies() {
    use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};

    let mut host = host(NEW);
    host.prove_management_key();
    let public = host.ok("004700 9a 05 ac03 800111");
    let key = VerifyingKey::from_sec1_bytes(&public[5..]).unwrap();
    let sign = P256_SIGN.replace("SLOT", "9a");
    host.refused(&sign, 0x6982);
    host.verify_pin();
    let answer = host.ok(&sign);
    let signature = Signature::from_der(&answer[4..]).unwrap();
    key.verify_prehash(&[0x5a; 32], &signature).unwrap();
}

#[test]
fn a_pin_always_key_wants_the_pin_immediately_before_each_signature() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.ok("004700 9c 05 ac03 800111");
    let sign = P256_SIGN.replace("SLOT", "9c");
    host.verify_pin();
    host.ok(&sign);
    host.refused(&sign, 0x6982);
    host.verify_pin();
    host.ok("00f80000");
    host.refused(&sign, 0x6982);
}

#[test]
fn data_objects_are_written_and_read_again() {
    let mut host = host(NEW);
    host.refused("00cb3fff055c035fc105", 0x6A82);
    host.refused("00db3fff085c035fc1055301aa", 0x6982);
    host.prove_management_key();
    host.ok("00db3fff085c035fc1055301aa");
    assert_eq!(host.ok("00cb3fff055c035fc105"), [0x53, 1, 0xaa]);
    host.ok("00db3fff075c035fc1055300");
    host.refused("00cb3fff055c035fc105", 0x6A82);
}

#[test]
fn metadata_tells_defaults_and_tries_from_firmware_5_3() {
    let mut host = host(NEW);
    assert_eq!(hex::encode(host.ok("00f70080")), "0101ff05010106020303");
    assert_eq!(hex::encode(host.ok("00f7009b")), "01010a02020001050101");
    host.refused("00f7009a", 0x6A88);
    let mut old = self::host(Firmware(5, 2, 7));
    old.refused("00f70080", 0x6D00);
}
