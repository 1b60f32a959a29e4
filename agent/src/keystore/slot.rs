//! Slots of a PIV device.

use std::{fmt, str::FromStr};

use super::key::ObjectId;

/// A slot that holds a key for signatures: 9a, 9c, 9d, 9e, or one of the retired ones, 82 to 95
/// (NIST SP 800-73-4, part 1, section 4.3). Written in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u8);

/// Not a slot for keys of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIV slot is 9a, 9c, 9d, 9e or one of 82 to 95")]
pub struct BadSlot;

impl Slot {
    /// PIV Authentication.
    pub const AUTHENTICATION: Self = Self(0x9a);
    /// Digital Signature.
    pub const SIGNATURE: Self = Self(0x9c);

    /// Every slot, in the order in which people name them.
    pub fn all() -> impl Iterator<Item = Self> {
        [0x9a, 0x9c, 0x9d, 0x9e]
            .into_iter()
            .chain(0x82..=0x95)
            .map(Self)
    }

    /// Its key reference (SP 800-73-4, part 1, table 4b).
    #[must_use]
    pub fn as_byte(self) -> u8 {
        self.0
    }

    /// What a bound key is found by on a PIV device.
    #[must_use]
    pub fn object_id(self) -> ObjectId {
        ObjectId::of_byte(self.0)
    }
}

impl TryFrom<u8> for Slot {
    type Error = BadSlot;

    fn try_from(byte: u8) -> Result<Self, BadSlot> {
        Self::all().find(|slot| slot.0 == byte).ok_or(BadSlot)
    }
}

impl TryFrom<&ObjectId> for Slot {
    type Error = BadSlot;

    fn try_from(id: &ObjectId) -> Result<Self, BadSlot> {
        match id.as_bytes() {
            [byte] => Self::try_from(*byte),
            _ => Err(BadSlot),
        }
    }
}

impl FromStr for Slot {
    type Err = BadSlot;

    fn from_str(text: &str) -> Result<Self, BadSlot> {
        let byte = match text.len() {
            2 => u8::from_str_radix(text, 16).map_err(|_| BadSlot)?,
            _ => return Err(BadSlot),
        };
        Self::try_from(byte)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_piv_for_keys() {
        assert_eq!(Slot::all().count(), 24);
        for slot in Slot::all() {
            assert_eq!(slot.to_string().parse(), Ok(slot));
            assert_eq!(Slot::try_from(&slot.object_id()), Ok(slot));
        }
        for text in ["9b", "f9", "81", "96", "9C ", "0x9c", "", "+9", "9"] {
            assert_eq!(text.parse::<Slot>(), Err(BadSlot), "{text}");
        }
        assert_eq!("9C".parse(), Ok(Slot::SIGNATURE));
    }
}
