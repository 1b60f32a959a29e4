//! Yubico's management application: what the YubiKey is, page by page
//! (<https://docs.yubico.com/yesdk/users-manual/application-management/apdu/get-device-info.html>).

use crate::{
    apdu::Command,
    instruction::READ_CONFIG,
    profile::{Firmware, Profile},
    status::{Answer, Status},
    tlv,
};

/// The application's identifier.
pub(crate) const AID: &[u8] = &[0xA0, 0, 0, 5, 0x27, 0x47, 0x11, 0x17];

/// What a YubiKey 5 can do over USB: OTP, U2F, OpenPGP, PIV, OATH, FIDO2, and YubiHSM Auth where
/// the firmware has it. Only PIV answers here.
fn capabilities(firmware: Firmware) -> [u8; 2] {
    if firmware >= Firmware(5, 4, 3) {
        [0x03, 0x3B]
    } else {
        [0x02, 0x3B]
    }
}

/// The answer to SELECT.
pub(crate) fn select(profile: &Profile) -> Vec<u8> {
    format!("Virtual mgr - FW version {}", profile.firmware).into_bytes()
}

/// Answers a command.
pub(crate) fn execute(profile: &Profile, command: &Command) -> Answer {
    if command.ins != READ_CONFIG {
        return Err(Status::UNKNOWN_INSTRUCTION);
    }
    if command.p1 != 0 {
        return Err(Status::WRONG_PARAMETERS);
    }
    let able = capabilities(profile.firmware);
    let page = [
        tlv::write(0x01, &able),
        tlv::write(0x02, &profile.serial.to_be_bytes()),
        tlv::write(0x03, &able),
        tlv::write(0x04, &[profile.form_factor as u8]),
        tlv::write(0x05, &profile.firmware.bytes()),
        // Seconds until it ejects itself, seconds that OTP waits for a touch, flags, lock.
        tlv::write(0x06, &[0, 0]),
        tlv::write(0x07, &[15]),
        tlv::write(0x08, &[0]),
        tlv::write(0x0A, &[0]),
    ]
    .concat();
    let length = u8::try_from(page.len()).expect("the page has less than 256 bytes");
    Ok([vec![length], page].concat())
}
