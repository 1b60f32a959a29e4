//! What one virtual YubiKey is: its serial number, its firmware, and how it behaves where real
//! ones are said to differ.

use std::fmt;

use crate::piv::Algorithm;

/// A firmware version; it decides which commands and algorithms there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware(pub u8, pub u8, pub u8);

impl Firmware {
    /// GET METADATA exists from 5.3.0.
    pub(crate) fn has_metadata(self) -> bool {
        self >= Firmware(5, 3, 0)
    }

    /// AES management keys exist from 5.4.2.
    pub(crate) fn has_aes_management_keys(self) -> bool {
        self >= Firmware(5, 4, 2)
    }

    /// 5.7.0 brought Ed25519, X25519, RSA of 3072 and 4096 bits, MOVE KEY, and AES-192 as the
    /// factory's management key.
    pub(crate) fn is_from_5_7(self) -> bool {
        self >= Firmware(5, 7, 0)
    }

    pub(crate) fn bytes(self) -> [u8; 3] {
        [self.0, self.1, self.2]
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The case that the YubiKey comes in, by Yubico's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FormFactor {
    /// A key for a keychain, USB-A.
    UsbAKeychain = 1,
    /// A key that stays in its port, USB-A.
    UsbANano = 2,
    /// A key for a keychain, USB-C.
    UsbCKeychain = 3,
    /// A key that stays in its port, USB-C.
    UsbCNano = 4,
}

/// What becomes of PIN and management key when PIV is selected while it is selected already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reselect {
    /// They stay verified (SP 800-73-4 part 2, section 3.1.1).
    Keep,
    /// They are forgotten, as was measured on a YubiKey 4.
    Clear,
}

/// What a virtual YubiKey is made as. Change fields of [`Profile::new`]'s as a test needs.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The serial number, as printed on the case.
    pub serial: u32,
    /// The firmware version.
    pub firmware: Firmware,
    /// The case.
    pub form_factor: FormFactor,
    /// What a second SELECT does.
    pub reselect: Reselect,
    /// Whether asking for the state of the PIN (VERIFY without data) forgets it: 5.3.1 did.
    pub probe_clears_pin: bool,
    /// Whether any command between VERIFY and the signature takes the PIN away from keys whose
    /// PIN policy is "always". SP 800-73-4 part 1, section 3.1.1 says "immediately".
    pub always_voided_by_other_commands: bool,
    /// Most bytes of data that one command can carry, all chained parts together.
    pub buffer: usize,
    /// The algorithm of the attestation key in slot F9; RSA-2048 unless a test wants another.
    pub attestation_key: Algorithm,
}

impl Profile {
    /// A YubiKey 5 with this serial number and firmware, and every choice as it is believed to be.
    pub fn new(serial: u32, firmware: Firmware) -> Self {
        Self {
            serial,
            firmware,
            form_factor: FormFactor::UsbCKeychain,
            reselect: Reselect::Keep,
            probe_clears_pin: firmware == Firmware(5, 3, 1),
            always_voided_by_other_commands: true,
            buffer: 3072,
            attestation_key: Algorithm::Rsa2048,
        }
    }
}
