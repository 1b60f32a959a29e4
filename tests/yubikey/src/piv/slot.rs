//! Slots, their keys, and what a key asks for before it works.

use crate::{
    piv::{Algorithm, PrivateKey},
    status::Status,
    tlv::{self, Tlv},
};

/// The attestation key's slot.
pub(crate) const ATTESTATION: u8 = 0xF9;

/// Whether this is a slot that holds a key: 9A 9C 9D 9E, 82 to 95, F9.
pub(crate) fn exists(slot: u8) -> bool {
    matches!(slot, 0x9A | 0x9C | 0x9D | 0x9E | 0x82..=0x95 | ATTESTATION)
}

/// The data object that holds a slot's certificate (SP 800-73-4 part 1, table 3).
pub(crate) fn certificate_object(slot: u8) -> Vec<u8> {
    let last = match slot {
        0x9A => 0x05,
        0x9C => 0x0A,
        0x9D => 0x0B,
        0x9E => 0x01,
        ATTESTATION => return vec![0x5F, 0xFF, 0x01],
        retired => 0x0D + (retired - 0x82),
    };
    vec![0x5F, 0xC1, last]
}

/// When a key asks for the PIN; the numbers are those of tag AA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PinPolicy {
    /// Never.
    Never = 1,
    /// Once after the card was reset.
    Once = 2,
    /// Immediately before each use.
    Always = 3,
}

/// When a key asks for a touch; the numbers are those of tag AB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TouchPolicy {
    /// Never.
    Never = 1,
    /// For each use.
    Always = 2,
    /// For each use, except for 15 seconds after a touch.
    Cached = 3,
}

impl PinPolicy {
    /// What a slot's keys get where the host leaves it open.
    pub(crate) fn usual(slot: u8) -> Self {
        match slot {
            0x9C => Self::Always,
            0x9E => Self::Never,
            _ => Self::Once,
        }
    }
}

/// Both policies, from the tags AA and AB of GENERATE and IMPORT; 0 leaves it to the card.
pub(crate) fn policies(slot: u8, parts: &[Tlv<'_>]) -> Result<(PinPolicy, TouchPolicy), Status> {
    let pin = match tlv::value(parts, 0xAA) {
        None | Some([0]) => PinPolicy::usual(slot),
        Some([1]) => PinPolicy::Never,
        Some([2]) => PinPolicy::Once,
        Some([3]) => PinPolicy::Always,
        Some(_) => return Err(Status::WRONG_DATA),
    };
    let touch = match tlv::value(parts, 0xAB) {
        None | Some([0 | 1]) => TouchPolicy::Never,
        Some([2]) => TouchPolicy::Always,
        Some([3]) => TouchPolicy::Cached,
        Some(_) => return Err(Status::WRONG_DATA),
    };
    Ok((pin, touch))
}

/// Where a key comes from; the numbers are those of GET METADATA's tag 03.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Origin {
    Generated = 1,
    Imported = 2,
}

/// A key in a slot.
#[derive(Clone)]
pub(crate) struct SlotKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) private: PrivateKey,
    pub(crate) pin: PinPolicy,
    pub(crate) touch: TouchPolicy,
    pub(crate) origin: Origin,
}
