//! A YubiKey in software, for tests: its PIV and management applets, behind a private pcscd.
//!
//! Real programs speak to it through the real reader stack: pcscd, its driver vpcd, and whatever
//! stands on PC/SC. Nothing here is fit to hold a key that matters.

pub mod instruction;
pub mod pcscd;
pub mod plugboard;
pub mod vpcd;

mod apdu;
mod authority;
mod body;
mod certificate;
mod fault;
mod journal;
mod management;
mod otp;
mod piv;
mod profile;
mod status;
mod tlv;
mod yubikey;

use std::sync::Arc;

pub use authority::Authority;
pub use body::Touch;
pub use fault::{Effect, Fault};
pub use journal::{Application, Event};
pub use piv::{Algorithm, Lie, PinPolicy, TouchPolicy};
pub use profile::{Firmware, FormFactor, Profile, Reselect};
pub use status::Status;
pub use yubikey::VirtualYubiKey;

/// A smart card as a reader sees it.
pub trait Card: Send {
    /// Its answer to reset (ISO/IEC 7816-3), at most 33 bytes.
    fn atr(&self) -> Vec<u8>;

    /// The reader reset it, or gave it power: every security status is gone.
    fn reset(&mut self);

    /// Answers one command APDU (ISO/IEC 7816-4); the answer ends with the status word. An empty
    /// answer means that the card is gone: the reader takes it out.
    fn transmit(&mut self, command: &[u8]) -> Vec<u8>;

    /// Takes the power away, from another thread while [`Card::transmit`] runs: that ends at once,
    /// with an empty answer. A card that never waits has nothing to do.
    fn power_cut(&self) -> Arc<dyn Fn() + Send + Sync> {
        Arc::new(|| ())
    }
}
