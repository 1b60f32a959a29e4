//! The asymmetric algorithms of a PIV slot (SP 800-78-4 table 6-2; Yubico's for firmware 5.7).

use crate::profile::Firmware;

/// An algorithm that a slot's key can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Algorithm {
    /// RSA with 3072 bits, from firmware 5.7.
    Rsa3072 = 0x05,
    /// RSA with 1024 bits.
    Rsa1024 = 0x06,
    /// RSA with 2048 bits.
    Rsa2048 = 0x07,
    /// ECDSA and ECDH on P-256.
    P256 = 0x11,
    /// ECDSA and ECDH on P-384.
    P384 = 0x14,
    /// RSA with 4096 bits, from firmware 5.7.
    Rsa4096 = 0x16,
    /// Ed25519, from firmware 5.7.
    Ed25519 = 0xE0,
    /// ECDH on Curve25519, from firmware 5.7.
    X25519 = 0xE1,
}

impl Algorithm {
    const ALL: [Algorithm; 8] = [
        Self::Rsa1024,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::P256,
        Self::P384,
        Self::Ed25519,
        Self::X25519,
    ];

    /// The algorithm of this number, where this firmware has it.
    pub(crate) fn of(number: u8, firmware: Firmware) -> Option<Self> {
        let algorithm = Self::ALL
            .into_iter()
            .find(|algorithm| *algorithm as u8 == number)?;
        let new = matches!(
            algorithm,
            Self::Rsa3072 | Self::Rsa4096 | Self::Ed25519 | Self::X25519
        );
        (!new || firmware.is_from_5_7()).then_some(algorithm)
    }

    /// Bits of an RSA modulus.
    pub(crate) fn rsa_bits(self) -> Option<usize> {
        match self {
            Self::Rsa1024 => Some(1024),
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
            Self::P256 | Self::P384 | Self::Ed25519 | Self::X25519 => None,
        }
    }
}
