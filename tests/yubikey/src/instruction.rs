//! The instructions, as ISO/IEC 7816-4, SP 800-73-4 part 2 and Yubico number them: for faults, and
//! to find commands in the journal.

/// SELECT an application.
pub const SELECT: u8 = 0xA4;
/// GET RESPONSE: the rest of an answer.
pub const GET_RESPONSE: u8 = 0xC0;
/// VERIFY the PIN, ask for its state, or forget that it was verified.
pub const VERIFY: u8 = 0x20;
/// CHANGE REFERENCE DATA: a new PIN or PUK.
pub const CHANGE_REFERENCE_DATA: u8 = 0x24;
/// RESET RETRY COUNTER: a new PIN by the PUK.
pub const RESET_RETRY_COUNTER: u8 = 0x2C;
/// GENERATE ASYMMETRIC KEY PAIR.
pub const GENERATE: u8 = 0x47;
/// GENERAL AUTHENTICATE: sign, agree on a secret, or prove the management key.
pub const GENERAL_AUTHENTICATE: u8 = 0x87;
/// GET DATA: read an object.
pub const GET_DATA: u8 = 0xCB;
/// PUT DATA: write an object.
pub const PUT_DATA: u8 = 0xDB;
/// Yubico's MOVE KEY, which deletes too; from firmware 5.7.
pub const MOVE_KEY: u8 = 0xF6;
/// Yubico's GET METADATA; from firmware 5.3.
pub const GET_METADATA: u8 = 0xF7;
/// Yubico's GET SERIAL.
pub const GET_SERIAL: u8 = 0xF8;
/// Yubico's ATTEST.
pub const ATTEST: u8 = 0xF9;
/// Yubico's SET PIN RETRIES.
pub const SET_PIN_RETRIES: u8 = 0xFA;
/// Yubico's RESET of the PIV application.
pub const RESET: u8 = 0xFB;
/// Yubico's GET VERSION.
pub const GET_VERSION: u8 = 0xFD;
/// Yubico's IMPORT ASYMMETRIC KEY.
pub const IMPORT: u8 = 0xFE;
/// Yubico's SET MANAGEMENT KEY.
pub const SET_MANAGEMENT_KEY: u8 = 0xFF;
/// READ CONFIG of Yubico's management application.
pub const READ_CONFIG: u8 = 0x1D;
