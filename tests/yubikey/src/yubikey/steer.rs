//! What a test does with a YubiKey in its hand, and what it asks it afterwards.

use std::time::Duration;

use super::VirtualYubiKey;
use crate::{Algorithm, Authority, Event, Fault, Lie, PinPolicy, Touch, TouchPolicy};

impl VirtualYubiKey {
    /// Who touches it from now on, also where a command waits already.
    pub fn set_touch(&self, touch: Touch) {
        self.0.body.set_touch(touch);
    }

    /// How long it waits for a touch; 15 seconds when new.
    pub fn set_touch_timeout(&self, timeout: Duration) {
        self.0.body.set_patience(timeout);
    }

    /// How long a touch counts for keys whose touch policy is "cached"; 15 seconds when new.
    pub fn set_touch_cache(&self, time: Duration) {
        self.0.body.set_remembers(time);
    }

    /// Touches it; true if a command was waiting for that. Otherwise nothing happens.
    pub fn touch(&self) -> bool {
        self.0.body.touch()
    }

    /// Whether a command waits for a touch now.
    pub fn waiting_for_touch(&self) -> bool {
        self.0.body.is_waiting()
    }

    /// Waits until a command waits for a touch; false if none did in that time.
    pub fn wait_until_touch_is_wanted(&self, limit: Duration) -> bool {
        self.0.body.wait_until_wanted(limit)
    }

    /// How many commands wanted a touch so far, those included that nobody had to wait for.
    pub fn touches_wanted(&self) -> u64 {
        self.0.body.wanted()
    }

    /// Lets something go wrong. The first fault that fits a command befalls it.
    pub fn fail(&self, fault: Fault) {
        self.0.faults().push(fault);
    }

    /// Takes back the faults that befell nothing yet, and says how many there were.
    pub fn forgive(&self) -> usize {
        std::mem::take(&mut *self.0.faults()).len()
    }

    /// Attests something else from now on; `Lie::default()` is the truth again.
    pub fn lie(&self, lie: Lie) {
        self.0.inside().piv.set_lie(lie);
    }

    /// Lets another maker vouch for the attestation key.
    pub fn certify_by(&self, authority: &Authority) {
        self.0.inside().piv.certify(authority);
    }

    /// Makes a key in a slot, as its owner did before the test; gives its SubjectPublicKeyInfo, DER.
    ///
    /// # Panics
    /// Where there is no such slot.
    pub fn make_key(
        &self,
        slot: u8,
        algorithm: Algorithm,
        pin: PinPolicy,
        touch: TouchPolicy,
    ) -> Vec<u8> {
        self.0.inside().piv.make_key(slot, algorithm, pin, touch)
    }

    /// Replaces the key in a slot by another one of the same kind, as somebody did meanwhile; false
    /// if the slot is empty.
    pub fn swap_key(&self, slot: u8) -> bool {
        self.0.inside().piv.swap_key(slot).is_some()
    }

    /// Everything that happened to it, in order.
    pub fn journal(&self) -> Vec<Event> {
        self.0.journal().clone()
    }

    /// Forgets what happened.
    pub fn clear_journal(&self) {
        self.0.journal().clear();
    }

    /// How often VERIFY was sent with a PIN, right or wrong.
    pub fn verify_count(&self) -> usize {
        self.0
            .journal()
            .iter()
            .filter(|event| event.is_pin_try())
            .count()
    }

    /// Tries at the PIN that are left.
    pub fn pin_tries(&self) -> u8 {
        self.0.inside().piv.pin_tries()
    }

    /// Tries at the PUK that are left.
    pub fn puk_tries(&self) -> u8 {
        self.0.inside().piv.puk_tries()
    }

    /// Whether the PIN is verified now, for every program on this computer.
    pub fn pin_is_verified(&self) -> bool {
        self.0.inside().piv.pin_is_verified()
    }
}
