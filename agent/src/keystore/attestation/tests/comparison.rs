//! An attestation beside what is known of a key.

use super::{
    super::{Attested, Expected, Firmware, Mismatch},
    forge::Leaf,
};
use crate::keystore::{PinPolicy, Policies, Slot, TouchPolicy};

const LESS: Policies = Policies {
    pin: PinPolicy::Once,
    touch: TouchPolicy::Never,
};

fn attested() -> Attested {
    Leaf::default().verified().unwrap()
}

#[test]
fn the_attestation_of_this_very_key_is_taken() {
    let attested = attested();
    let expected = Expected {
        public_key: Some(&attested.public_key),
        serial: Some(12_345_678),
        slot: Some(Slot::SIGNATURE),
        policies: Some(attested.policies),
        firmware: Some(Firmware::new(5, 7, 1)),
    };
    assert_eq!(attested.compare(&expected), Ok(()));
    assert_eq!(attested.compare(&Expected::default()), Ok(()));
}

#[test]
fn another_key_is_told_by_both_fingerprints() {
    let (one, other) = (attested(), attested());
    let expected = Expected {
        public_key: Some(&other.public_key),
        ..Expected::default()
    };
    let Err(Mismatch::PublicKey { expected, attested }) = one.compare(&expected) else {
        panic!("taken");
    };
    let print =
        |attested: &Attested| privyseal_tuf::Sha256Digest::of(&attested.public_key.to_spki_der());
    assert_eq!((expected, attested), (print(&other), print(&one)));
}

#[test]
fn what_was_swapped_is_told_with_both_values() {
    let attested = attested();
    let none = Expected::default();
    let text = |expected: Expected<'_>| attested.compare(&expected).unwrap_err().to_string();
    assert_eq!(
        text(Expected {
            serial: Some(7),
            ..none
        }),
        "the attestation is by YubiKey 12345678, not YubiKey 7"
    );
    assert_eq!(
        text(Expected {
            slot: Some(Slot::AUTHENTICATION),
            ..none
        }),
        "the attestation is of slot 9c, not slot 9a"
    );
    assert_eq!(
        text(Expected {
            policies: Some(LESS),
            ..none
        }),
        "the key was made with PIN always, touch always, and not with PIN once, touch never"
    );
    assert_eq!(
        text(Expected {
            firmware: Some(Firmware::new(5, 7, 4)),
            ..none
        }),
        "the attestation is by firmware 5.7.1, and not by 5.7.4"
    );
}
