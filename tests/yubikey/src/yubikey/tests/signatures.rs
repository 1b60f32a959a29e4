//! What keys do: signatures and key agreement, and when they want the PIN.

use p256::ecdsa::signature::hazmat::PrehashVerifier;

use super::{NEW, OLD, host, host::P256_SIGN};
use crate::{
    Algorithm, PinPolicy, Profile, TouchPolicy, VirtualYubiKey, tlv, yubikey::tests::Host,
};

#[test]
fn a_key_made_on_the_card_signs_and_its_signature_verifies() {
    use p256::ecdsa::{Signature, VerifyingKey};

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
fn with_the_knob_off_other_commands_leave_pin_always_alone() {
    let mut profile = Profile::new(1, NEW);
    profile.always_voided_by_other_commands = false;
    let mut host = Host::new(VirtualYubiKey::new(profile));
    host.ok("00a4040005a000000308");
    host.make_key(0x9c, Algorithm::P256);
    let sign = P256_SIGN.replace("SLOT", "9c");
    host.verify_pin();
    host.ok("00f80000");
    host.ok(&sign);
    host.refused(&sign, 0x6982);
}

#[test]
fn a_key_that_never_wants_the_pin_signs_without_it() {
    let mut host = host(NEW);
    host.make_key(0x9e, Algorithm::P256);
    host.ok(&P256_SIGN.replace("SLOT", "9e"));
}

#[test]
fn an_empty_slot_and_another_algorithm_sign_nothing() {
    let mut host = host(NEW);
    host.verify_pin();
    host.refused(&P256_SIGN.replace("SLOT", "9a"), 0x6A80);
    host.make_key(0x9a, Algorithm::P384);
    host.refused(&P256_SIGN.replace("SLOT", "9a"), 0x6A80);
}

#[test]
fn p384_signs_a_digest() {
    let mut host = host(OLD);
    let public = host.make_key(0x9a, Algorithm::P384);
    host.verify_pin();
    for length in [48, 32, 64] {
        let digest = vec![0x5a; length];
        let signature = host.sign(0x9a, Algorithm::P384, &digest);
        let mut seen = vec![0; 48usize.saturating_sub(length)];
        seen.extend_from_slice(&digest[..length.min(48)]);
        let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&public[2..]).unwrap();
        let signature = p384::ecdsa::Signature::from_der(&signature).unwrap();
        key.verify_prehash(&seen, &signature).unwrap();
    }
}

#[test]
fn ed25519_signs_a_whole_message_up_to_the_buffer() {
    let mut host = host(NEW);
    let public = host.make_key(0x9a, Algorithm::Ed25519);
    host.verify_pin();
    let key = ed25519_dalek::VerifyingKey::from_bytes(public[2..].try_into().unwrap()).unwrap();
    for length in [0, 1, 255, 3062] {
        let message = vec![0x5a; length];
        let signature = host.sign(0x9a, Algorithm::Ed25519, &message);
        let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
        key.verify_strict(&message, &signature).unwrap();
    }
    let template = Host::challenge(&[0x5a; 3063]);
    assert_eq!(host.chained(0x87, 0xE0, 0x9a, &template).1, 0x6700);
}

#[test]
fn rsa_does_the_private_operation_on_a_whole_block() {
    use rsa::traits::PublicKeyParts;

    let mut host = host(NEW);
    for algorithm in [Algorithm::Rsa1024, Algorithm::Rsa2048, Algorithm::Rsa3072] {
        let public = host.make_key(0x9a, algorithm);
        host.verify_pin();
        let bits = algorithm.rsa_bits().unwrap();
        let parts = tlv::read(&public).unwrap();
        let key = rsa::RsaPublicKey::new(
            rsa::BoxedUint::from_be_slice_vartime(parts[0].value),
            rsa::BoxedUint::from_be_slice_vartime(parts[1].value),
        )
        .unwrap();
        let block = [&[0, 1][..], &vec![0x5a; bits / 8 - 2]].concat();
        let result = host.sign(0x9a, algorithm, &block);
        assert_eq!(result.len(), bits / 8);
        let number = rsa::BoxedUint::from_be_slice(&result, key.n_bits_precision()).unwrap();
        let back = rsa::hazmat::rsa_encrypt(&key, &number).unwrap();
        assert_eq!(back.to_be_bytes().to_vec(), block);
        let short = Host::challenge(&block[1..]);
        assert_eq!(host.chained(0x87, algorithm as u8, 0x9a, &short).1, 0x6A80);
    }
}

#[test]
fn both_sides_agree_on_a_secret() {
    let mut host = host(NEW);
    host.verify_pin();
    for algorithm in [Algorithm::P256, Algorithm::P384, Algorithm::X25519] {
        let [one, two] = [0x9a, 0x9d].map(|slot| host.make_key(slot, algorithm)[2..].to_vec());
        let secret = host.agree(0x9a, algorithm, &two);
        assert_eq!(host.agree(0x9d, algorithm, &one), secret);
        assert_ne!(secret, host.agree(0x9a, algorithm, &one));
    }
    let nowhere = Host::point(&[4; 65]);
    host.make_key(0x9a, Algorithm::P256);
    assert_eq!(host.chained(0x87, 0x11, 0x9a, &nowhere).1, 0x6A80);
}

#[test]
fn a_key_of_the_owner_is_there_without_any_command() {
    use spki::DecodePublicKey;

    let mut host = host(NEW);
    let der = host
        .yubikey
        .make_key(0x82, Algorithm::P256, PinPolicy::Never, TouchPolicy::Never);
    let key = p256::ecdsa::VerifyingKey::from_public_key_der(&der).unwrap();
    let signature = host.sign(0x82, Algorithm::P256, &[7; 32]);
    let signature = p256::ecdsa::Signature::from_der(&signature).unwrap();
    key.verify_prehash(&[7; 32], &signature).unwrap();
    assert!(host.yubikey.swap_key(0x82));
    let signature = host.sign(0x82, Algorithm::P256, &[7; 32]);
    let signature = p256::ecdsa::Signature::from_der(&signature).unwrap();
    assert!(key.verify_prehash(&[7; 32], &signature).is_err());
    assert!(!host.yubikey.swap_key(0x83));
}
