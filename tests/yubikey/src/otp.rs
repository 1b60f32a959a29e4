//! Yubico's OTP application, as far as programs ask it who the YubiKey is.

use crate::{
    apdu::Command,
    profile::Profile,
    status::{Answer, Status},
};

/// The application's identifier.
pub(crate) const AID: &[u8] = &[0xA0, 0, 0, 5, 0x27, 0x20, 0x01, 0x01];

const REQUEST: u8 = 0x01;
const STATUS: u8 = 0x03;
/// P1 of a request for the serial number.
const SERIAL: u8 = 0x10;

/// Firmware, a counter of configurations, and flags: none is configured.
pub(crate) fn status(profile: &Profile) -> Vec<u8> {
    [profile.firmware.bytes().as_slice(), &[0, 0, 0]].concat()
}

/// Answers a command.
pub(crate) fn execute(profile: &Profile, command: &Command) -> Answer {
    match (command.ins, command.p1) {
        (STATUS, _) => Ok(status(profile)),
        (REQUEST, SERIAL) => Ok(profile.serial.to_be_bytes().to_vec()),
        (REQUEST, _) => Err(Status::WRONG_PARAMETERS),
        _ => Err(Status::UNKNOWN_INSTRUCTION),
    }
}
