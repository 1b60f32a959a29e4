//! Short and extended APDUs, chained commands, GET RESPONSE.

use super::{NEW, host};
use crate::{Algorithm, tlv};

#[test]
fn a_long_answer_is_fetched_in_parts() {
    let mut host = host(NEW);
    host.prove_management_key();
    let object = [
        tlv::write(0x5C, &[0x5F, 0xC1, 0x05]),
        tlv::write(0x53, &[0xaa; 600]),
    ]
    .concat();
    assert_eq!(host.chained(0xDB, 0x3F, 0xFF, &object).1, 0x9000);
    let (first, status) = host.send("00cb3fff055c035fc10500");
    assert_eq!((first.len(), status), (256, 0x6100));
    let (second, status) = host.send("00c0000000");
    assert_eq!((second.len(), status), (256, 0x615C));
    let (third, status) = host.send("00c0000000");
    assert_eq!((third.len(), status), (92, 0x9000));
    assert_eq!(
        [first, second, third].concat(),
        tlv::write(0x53, &[0xaa; 600])
    );
}

#[test]
fn an_extended_command_takes_and_gives_everything_at_once() {
    let mut host = host(NEW);
    host.prove_management_key();
    let object = [
        tlv::write(0x5C, &[0x5F, 0xC1, 0x05]),
        tlv::write(0x53, &[0xaa; 3063]),
    ]
    .concat();
    let length = u16::try_from(object.len()).unwrap();
    host.ok(&format!("00db3fff00{length:04x}{}", hex::encode(&object)));
    let (answer, status) = host.send("00cb3fff0000055c035fc1050000");
    assert_eq!((answer, status), (tlv::write(0x53, &[0xaa; 3063]), 0x9000));
}

#[test]
fn more_than_the_buffer_is_refused() {
    let mut host = host(NEW);
    host.prove_management_key();
    assert_eq!(host.chained(0xDB, 0x3F, 0xFF, &[0; 3073]).1, 0x6700);
}

#[test]
fn another_command_ends_a_chain() {
    let mut host = host(NEW);
    host.make_key(0x9a, Algorithm::P256);
    host.ok("10db3fff045c035fc1");
    host.ok("00fd0000");
    host.refused("00db3fff04055301aa", 0x6A80);
}

#[test]
fn unknown_classes_and_instructions_are_refused() {
    let mut host = host(NEW);
    host.refused("80fd0000", 0x6E00);
    host.refused("00010000", 0x6D00);
    host.refused("00fd", 0x6700);
}

#[test]
fn the_otp_application_tells_the_serial_number() {
    let mut host = host(NEW);
    assert_eq!(host.ok("00a4040007a0000005272001"), [5, 7, 1, 0, 0, 0]);
    assert_eq!(host.ok("00011000"), 12_345_678u32.to_be_bytes());
}
