//! A YubiKey in software, for tests: its PIV and management applets, behind a private pcscd.
//!
//! Real programs speak to it through the real reader stack: pcscd, its driver vpcd, and whatever
//! stands on PC/SC. Nothing here is fit to hold a key that matters.

/// A smart card as a reader sees it.
pub trait Card: Send {
    /// Its answer to reset (ISO/IEC 7816-3), at most 33 bytes.
    fn atr(&self) -> Vec<u8>;

    /// The reader reset it, or gave it power: every security status is gone.
    fn reset(&mut self);

    /// Answers one command APDU (ISO/IEC 7816-4); the answer ends with the status word.
    fn transmit(&mut self, command: &[u8]) -> Vec<u8>;
}
