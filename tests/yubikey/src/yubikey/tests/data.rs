//! Data objects and metadata.

use super::{NEW, host};
use crate::Firmware;

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
fn printed_information_is_behind_the_pin() {
    let mut host = host(NEW);
    host.prove_management_key();
    host.ok("00db3fff085c035fc1095301aa");
    host.refused("00cb3fff055c035fc109", 0x6982);
    host.verify_pin();
    assert_eq!(host.ok("00cb3fff055c035fc109"), [0x53, 1, 0xaa]);
}

#[test]
fn the_discovery_object_names_the_application() {
    let object = host(NEW).ok("00cb3fff035c017e");
    assert_eq!(
        hex::encode(object),
        "7e124f0ba0000003080000100001005f2f024000"
    );
}

#[test]
fn data_that_is_no_template_is_refused() {
    let mut host = host(NEW);
    host.refused("00cb3fff025c03", 0x6A80);
    host.refused("00cb0000055c035fc105", 0x6B00);
    host.prove_management_key();
    host.refused("00db3fff055c035fc105", 0x6A80);
    host.refused("00db3fff065c015f5301aa", 0x6A80);
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

#[test]
fn metadata_tells_what_a_key_is() {
    let mut host = host(NEW);
    host.prove_management_key();
    let public = host.ok("004700 9c 0b ac09 800111 aa0102 ab0103");
    let told = host.ok("00f7009c");
    assert_eq!(hex::encode(&told[..10]), "01011102020203030101");
    assert_eq!(told[12..], public[3..]);
}
