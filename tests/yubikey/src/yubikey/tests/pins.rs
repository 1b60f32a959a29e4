//! PIN, PUK, and their counters.

use super::{NEW, host};
use crate::{Card, Firmware, Profile, Reselect, VirtualYubiKey, yubikey::tests::Host};

const SELECT_PIV: &str = "00a4040005a000000308";

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
fn what_can_be_no_pin_costs_no_try() {
    let mut host = host(NEW);
    host.refused("0020008006313233343536", 0x6A80);
    host.refused("0020008108313233343536ffff", 0x6A88);
    host.refused("0020018008313233343536ffff", 0x6B00);
    host.refused("0020ff8008313233343536ffff", 0x6A80);
    assert_eq!(host.yubikey.pin_tries(), 3);
}

#[test]
fn the_right_pin_restores_the_tries() {
    let mut host = host(NEW);
    host.refused("0020008008393939393939ffff", 0x63C2);
    host.verify_pin();
    assert_eq!(host.yubikey.pin_tries(), 3);
}

#[test]
fn a_wrong_pin_forgets_that_the_right_one_was_given() {
    let mut host = host(NEW);
    host.verify_pin();
    host.refused("0020008008393939393939ffff", 0x63C2);
    host.refused("0020008000", 0x63C2);
}

#[test]
fn pin_and_puk_are_changed_by_their_old_values() {
    let mut host = host(NEW);
    host.refused("0024008010393939393939ffff363534333231ffff", 0x63C2);
    host.ok("0024008010313233343536ffff363534333231ffff");
    host.refused("0020008008313233343536ffff", 0x63C2);
    host.ok("0020008008363534333231ffff");
    host.refused("002400811031323334353637393132333435363738", 0x63C2);
    host.ok("002400811031323334353637383837363534333231");
    host.ok("002c0080103837363534333231313233343536ffff");
    host.refused("0024008210313233343536ffff363534333231ffff", 0x6A88);
}

#[test]
fn a_new_pin_has_six_characters_at_least() {
    let mut host = host(NEW);
    host.refused("0024008010313233343536ffff3132333435ffffff", 0x6A80);
    host.verify_pin();
    assert_eq!(host.yubikey.pin_tries(), 3);
}

#[test]
fn tries_are_set_with_the_management_key_and_the_pin() {
    let mut host = host(NEW);
    host.refused("00fa0507", 0x6982);
    host.prove_management_key();
    host.refused("00fa0507", 0x6982);
    host.verify_pin();
    host.refused("00fa0007", 0x6A80);
    host.ok("00fa0507");
    assert_eq!((host.yubikey.pin_tries(), host.yubikey.puk_tries()), (5, 7));
}

#[test]
fn a_card_is_reset_only_when_pin_and_puk_are_blocked_and_keeps_its_attestation_key() {
    let mut host = host(NEW);
    let certificate = host.ok("00cb3fff055c035fff01");
    host.prove_management_key();
    host.ok("004700 9a 05 ac03 800111");
    host.ok("00db3fff085c035fc1055301aa");
    host.refused("00fb0000", 0x6985);
    for _ in 0..3 {
        host.send("0020008008ffffffffffffffff");
    }
    host.refused("00fb0000", 0x6985);
    for _ in 0..3 {
        host.send("002c008010ffffffffffffffffffffffffffffffff");
    }
    host.ok("00fb0000");
    host.verify_pin();
    host.refused("00f7009a", 0x6A88);
    host.refused("00cb3fff055c035fc105", 0x6A82);
    assert_eq!(host.ok("00cb3fff055c035fff01"), certificate);
}

#[test]
fn the_reader_resets_what_was_verified() {
    let mut host = host(NEW);
    host.verify_pin();
    host.yubikey.reset();
    assert!(!host.yubikey.pin_is_verified());
    host.refused("0020008000", 0x6D00);
    host.ok(SELECT_PIV);
    host.refused("0020008000", 0x63C3);
}

#[test]
fn selecting_piv_again_keeps_or_clears_the_pin_as_the_profile_says() {
    for (reselect, state) in [(Reselect::Keep, 0x9000), (Reselect::Clear, 0x63C3)] {
        let profile = Profile {
            reselect,
            ..Profile::new(1, NEW)
        };
        let mut host = Host::new(VirtualYubiKey::new(profile));
        host.ok(SELECT_PIV);
        host.verify_pin();
        host.ok(SELECT_PIV);
        assert_eq!(host.send("0020008000").1, state);
    }
}

#[test]
fn another_application_forgets_the_pin() {
    let mut host = host(NEW);
    for other in ["00a4040008a000000527471117", "00a4040007a0000005272001"] {
        host.ok(SELECT_PIV);
        host.verify_pin();
        host.ok(other);
        assert!(!host.yubikey.pin_is_verified());
    }
    host.ok(SELECT_PIV);
    host.refused("0020008000", 0x63C3);
}

#[test]
fn firmware_5_3_1_forgets_the_pin_when_it_is_asked_for_it() {
    let mut host = host(Firmware(5, 3, 1));
    host.verify_pin();
    host.ok("0020008000");
    host.refused("0020008000", 0x63C3);
}
