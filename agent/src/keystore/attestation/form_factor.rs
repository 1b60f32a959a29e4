use std::fmt;

/// The shape of a YubiKey (Yubico's management interface and extension 1.3.6.1.4.1.41482.3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormFactor {
    /// For a keyring, USB-A.
    UsbAKeychain,
    /// Nano, USB-A.
    UsbANano,
    /// For a keyring, USB-C.
    UsbCKeychain,
    /// Nano, USB-C.
    UsbCNano,
    /// USB-C and Lightning.
    UsbCLightning,
    /// Bio, USB-A.
    UsbABio,
    /// Bio, USB-C.
    UsbCBio,
    /// One that is not known here, by its number.
    Other(u8),
}

/// Set in a device of the FIPS series.
const FIPS: u8 = 0x80;
/// Set in a Security Key, which has no PIV.
const SECURITY_KEY: u8 = 0x40;

impl FormFactor {
    /// The shape that a device's byte says.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        match byte & !(FIPS | SECURITY_KEY) {
            1 => Self::UsbAKeychain,
            2 => Self::UsbANano,
            3 => Self::UsbCKeychain,
            4 => Self::UsbCNano,
            5 => Self::UsbCLightning,
            6 => Self::UsbABio,
            7 => Self::UsbCBio,
            other => Self::Other(other),
        }
    }

    /// Does the byte say that the device is of the FIPS series?
    pub(super) fn is_fips(byte: u8) -> bool {
        byte & FIPS != 0
    }
}

impl fmt::Display for FormFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UsbAKeychain => "keychain (USB-A)",
            Self::UsbANano => "nano (USB-A)",
            Self::UsbCKeychain => "keychain (USB-C)",
            Self::UsbCNano => "nano (USB-C)",
            Self::UsbCLightning => "keychain (USB-C, Lightning)",
            Self::UsbABio => "bio (USB-A)",
            Self::UsbCBio => "bio (USB-C)",
            Self::Other(byte) => return write!(f, "form factor {byte}"),
        })
    }
}
