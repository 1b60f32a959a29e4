//! Keys made, imported, moved and deleted.

use super::{NEW, OLD, host, host::P256_SIGN};
use crate::{Algorithm, Firmware, tlv};

#[test]
fn policies_are_the_slots_own_unless_the_host_says_more() {
    let mut host = host(NEW);
    for (slot, pin) in [
        (0x9a, 2),
        (0x9c, 3),
        (0x9d, 2),
        (0x9e, 1),
        (0x82, 2),
        (0x95, 2),
    ] {
        host.make_key(slot, Algorithm::P256);
        assert_eq!(
            host.ok(&format!("00f700{slot:02x}"))[3..7],
            [2, 2, pin, 1],
            "{slot:02x}"
        );
    }
    for wrong in ["aa0104", "ab0104"] {
        host.refused(&format!("0047009a08ac06800111{wrong}"), 0x6A80);
    }
}

#[test]
fn what_can_hold_no_key_and_what_is_no_algorithm_is_refused() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.refused("004700 9b 05 ac03 800111", 0x6B00);
    host.refused("004700 96 05 ac03 800111", 0x6B00);
    host.refused("004700 9a 05 ac03 800112", 0x6A80);
    host.refused("004700 9a 03 800111", 0x6A80);
}

#[test]
fn firmware_before_5_7_has_neither_new_algorithms_nor_moves() {
    let mut host = host(OLD);
    host.prove_management_key();
    for algorithm in ["05", "16", "e0", "e1"] {
        host.refused(&format!("0047009a05ac038001{algorithm}"), 0x6A80);
    }
    host.refused("00f6829a", 0x6D00);
    assert!(Firmware(5, 7, 0).is_from_5_7());
}

#[test]
fn imported_keys_work_and_are_known_as_imported() {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;

    let mut host = host(NEW);
    host.refused("00fe119a00", 0x6982);
    host.prove_management_key();
    let secret = [0x11; 32];
    host.ok(&format!("00fe119e220620{}", hex::encode(secret)));
    assert_eq!(host.ok("00f7009e")[7..10], [3, 1, 2]);
    let answer = host.ok(&P256_SIGN.replace("SLOT", "9e"));
    let key = p256::ecdsa::SigningKey::from_slice(&secret).unwrap();
    let signature = p256::ecdsa::Signature::from_der(&answer[4..]).unwrap();
    key.verifying_key()
        .verify_prehash(&[0x5a; 32], &signature)
        .unwrap();
}

#[test]
fn keys_of_every_kind_are_imported() {
    use rsa::traits::PrivateKeyParts;

    let mut host = host(NEW);
    host.prove_management_key();
    let key = rsa::RsaPrivateKey::new(&mut rand::rng(), 2048).unwrap();
    let parts = [
        tlv::write(1, &key.primes()[0].to_be_bytes()),
        tlv::write(2, &key.primes()[1].to_be_bytes()),
    ]
    .concat();
    assert_eq!(host.chained(0xFE, 0x07, 0x9a, &parts).1, 0x9000);
    assert_eq!(host.chained(0xFE, 0x05, 0x9a, &parts).1, 0x6A80);
    for (algorithm, tag, length) in [(0x14, 6, 48), (0xE0, 7, 32), (0xE1, 8, 32)] {
        let part = tlv::write(tag, &vec![0x11; length]);
        assert_eq!(host.chained(0xFE, algorithm, 0x9a, &part).1, 0x9000);
        assert_eq!(host.ok("00f7009a")[2], algorithm);
        let short = tlv::write(tag, &vec![0x11; length - 9]);
        assert_eq!(
            host.chained(0xFE, algorithm, 0x9a, &short).1,
            0x6A80,
            "{algorithm:02x}"
        );
    }
    host.refused("00fe119a00", 0x6A80);
}

#[test]
fn a_key_moves_to_an_empty_slot_with_its_policies() {
    let mut host = host(NEW);
    host.refused("00f6829a", 0x6982);
    host.make_key(0x9a, Algorithm::P256);
    let before = host.ok("00f7009a");
    host.ok("00f6829a");
    assert_eq!(host.ok("00f70082"), before);
    host.refused("00f7009a", 0x6A88);
    host.refused("00f6839a", 0x6A88);
    host.make_key(0x9a, Algorithm::P256);
    host.refused("00f6829a", 0x6A80);
    host.refused("00f6f99a", 0x6B00);
    host.ok("00f6ff82");
    host.refused("00f70082", 0x6A88);
}
