//! Each command as raw APDUs: what it does, and each refusal.

mod attestation;
mod data;
mod faults;
mod host;
mod keys;
mod management_key;
mod pins;
mod signatures;
mod touch;
mod transport;

use std::sync::LazyLock;

use host::Host;

use crate::{Algorithm, Authority, Firmware, Profile, VirtualYubiKey};

/// One maker for all tests that don't ask who it is: its key takes a moment.
static MAKER: LazyLock<Authority> = LazyLock::new(Authority::new);

const NEW: Firmware = Firmware(5, 7, 1);
const OLD: Firmware = Firmware(5, 4, 3);

/// A new YubiKey with PIV selected.
fn host(firmware: Firmware) -> Host {
    // An attestation key that is made quickly.
    let profile = Profile {
        attestation_key: Algorithm::P256,
        ..Profile::new(12_345_678, firmware)
    };
    let mut host = Host::new(VirtualYubiKey::made_by(&MAKER, profile));
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
