//! Versions of a YubiKey's firmware, and what is known to be weak in them.

use std::{fmt, str::FromStr};

use privyseal_tuf::Algorithm;

/// A version of a YubiKey's firmware, such as 5.7.1. It is burnt in: no YubiKey is ever updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Firmware {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// The third number.
    pub patch: u8,
}

/// Not a version of firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a firmware version is three numbers of 0 to 255, such as 5.7.0")]
pub struct BadFirmware;

/// What is known to be weak in some versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// CVE-2017-15361, Yubico's advisory YSA-2017-01: RSA keys that a YubiKey 4 with firmware 4.2.6
    /// to 4.3.4 generated can be factored. Keys that were imported are not concerned.
    Roca,
    /// CVE-2024-45678, Yubico's advisory YSA-2024-03: firmware before 5.7.0 signs ECDSA with
    /// Infineon's library, whose modular inversion is not constant in time; who has the YubiKey in
    /// hand, opened and under a probe, reads the private key from it. (Yubico puts the end at 5.7.2
    /// for its Bio series.)
    Eucleak,
}

impl Firmware {
    /// The version `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// What is known to be weak in this version.
    #[must_use]
    pub fn weaknesses(self) -> &'static [Weakness] {
        match self {
            // The first such firmware is older than the fix of the second.
            found if (Self::new(4, 2, 6)..=Self::new(4, 3, 4)).contains(&found) => {
                &[Weakness::Roca, Weakness::Eucleak]
            }
            found if found < Self::new(5, 7, 0) => &[Weakness::Eucleak],
            _ => &[],
        }
    }
}

impl Weakness {
    /// The name that it is known by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Roca => "ROCA",
            Self::Eucleak => "EUCLEAK",
        }
    }

    /// Where to read of it.
    #[must_use]
    pub fn sources(self) -> &'static str {
        match self {
            Self::Roca => "CVE-2017-15361, YSA-2017-01",
            Self::Eucleak => "CVE-2024-45678, YSA-2024-03",
        }
    }

    /// Are keys of this algorithm in danger that the YubiKey generated?
    #[must_use]
    pub fn concerns(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Roca => matches!(algorithm, Algorithm::RsaPss { .. }),
            Self::Eucleak => matches!(algorithm, Algorithm::EcdsaP256 | Algorithm::EcdsaP384),
        }
    }
}

impl fmt::Display for Weakness {
    /// What it means, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Roca => "RSA keys that it generates can be factored",
            Self::Eucleak => {
                "ECDSA keys can be read from it by who has it in hand, opened and under a probe"
            }
        };
        write!(f, "{} ({}): {what}", self.name(), self.sources())
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Firmware {
    type Err = BadFirmware;

    fn from_str(text: &str) -> Result<Self, BadFirmware> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let numbers: Option<Vec<u8>> = text.split('.').map(number).collect();
        match numbers.as_deref() {
            Some([major, minor, patch]) => Ok(Self::new(*major, *minor, *patch)),
            _ => Err(BadFirmware),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers_and_read_back() {
        let ascending = [
            "4.3.5", "4.10.0", "5.0.9", "5.4.3", "5.7.0", "5.7.1", "5.10.0",
        ];
        let read = ascending.map(|text| text.parse::<Firmware>().unwrap());
        assert!(read.is_sorted());
        assert_eq!(read.map(|version| version.to_string()), ascending);
        for text in [
            "", "5", "5.7", "5.7.0.1", "5.7.256", "5.7.-1", "+5.7.0", "5..0", " 5.7.0",
        ] {
            assert_eq!(text.parse::<Firmware>(), Err(BadFirmware), "{text}");
        }
    }

    #[test]
    fn each_weakness_begins_and_ends_with_the_version_of_its_advisory() {
        let of = |text: &str| text.parse::<Firmware>().unwrap().weaknesses();
        assert_eq!(of("4.2.5"), [Weakness::Eucleak]);
        assert_eq!(of("4.2.6"), [Weakness::Roca, Weakness::Eucleak]);
        assert_eq!(of("4.3.4"), [Weakness::Roca, Weakness::Eucleak]);
        assert_eq!(of("4.3.5"), [Weakness::Eucleak]);
        assert_eq!(of("5.6.4"), [Weakness::Eucleak]);
        assert!(of("5.7.0").is_empty() && of("5.7.4").is_empty());
    }

    #[test]
    fn a_weakness_concerns_its_own_algorithms_alone() {
        let rsa = Algorithm::RsaPss { bits: 2048 };
        assert!(Weakness::Roca.concerns(rsa) && !Weakness::Eucleak.concerns(rsa));
        for algorithm in [Algorithm::EcdsaP256, Algorithm::EcdsaP384] {
            assert!(Weakness::Eucleak.concerns(algorithm) && !Weakness::Roca.concerns(algorithm));
        }
        assert!(!Weakness::Eucleak.concerns(Algorithm::Ed25519));
    }
}
