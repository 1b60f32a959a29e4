//! Attestation: a YubiKey's word, signed by its maker, of where a key was made and how it is used.
//!
//! A YubiKey writes a certificate for a key that it generated and signs it with its own key in slot
//! F9, whose certificate Yubico signed in the factory ("PIV attestation", developers.yubico.com;
//! "PIV Attestation OID Arc", docs.yubico.com). Here such certificates are read and verified. No
//! file is opened here, no device is asked, and no clock is looked at.

mod firmware;

pub use firmware::{BadFirmware, Firmware, Weakness};
