//! Signatures: the PIN, the signature and the end of both in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Owner, keys, state_of};
use crate::corridor::permit::SigningPermit;
use crate::keystore::RawSignature;
use crate::keystore::error::KeystoreError;
use crate::keystore::piv::TOUCH_TIME;
use crate::keystore::piv::card::CardError;
use crate::keystore::piv::job::Signed;
use crate::keystore::policy::{PinPolicy, TouchPolicy};
use crate::keystore::waiting::WaitKind;

/// How long one touch serves a key whose touch policy is `cached` (Yubico's PIV extensions).
const CACHED: Duration = Duration::from_secs(15);

/// From when on a person is told all the same: our clock is not the device's.
const PROMPT: Duration = Duration::from_secs(10);

impl Owner {
    pub(super) fn sign(&mut self, permit: SigningPermit, reply: oneshot::Sender<Signed>) {
        if reply.is_closed() {
            return;
        }
        let signed = self.sign_with_pin(permit, &|| !reply.is_closed());
        let failed = match &signed {
            Signed::Done(Err(error)) => Some(error.clone()),
            _ => None,
        };
        let _ = reply.send(signed);
        if let Some(error) = failed {
            self.after_failure(error);
        }
    }

    fn sign_with_pin(&mut self, permit: SigningPermit, wanted: &dyn Fn() -> bool) -> Signed {
        let key = Arc::clone(permit.key());
        if let Some(obstacle) = self.shared.obstacle(&key) {
            return Signed::Done(Err(obstacle));
        }
        if self.shared.policies(&key).is_none() {
            return Signed::Done(Err(self.shared.state_error()));
        }

        let shared = Arc::clone(&self.shared);
        let (pins, touched) = (&mut self.pins, self.touched);
        let mut anew = false;
        let raw = self.door.visit(wanted, |session| {
            let slot = keys::slot_of(&shared, &key)?;
            let policies = keys::same_key(&shared, session, &key)?;
            // Taken not before the card and the key are there: what fails earlier leaves it in hand.
            if policies.pin != PinPolicy::Never {
                let Some(given) = pins.pin_for(policies.pin, permit.about())? else {
                    return Ok(None);
                };
                pins.give(session, &given, given.by.as_ref())?;
            }
            let since = touched.map(|at| at.elapsed());
            anew = asks_touch(policies.touch, since, CACHED);
            let told = asks_touch(policies.touch, since, PROMPT);
            let wait = told.then(|| shared.wait(WaitKind::Touch, permit.about(), TOUCH_TIME));
            let raw = session.sign(slot, key.public_key.algorithm(), permit.message());
            drop(wait);
            raw.map(Some).map_err(|error| match error {
                // The PIN was verified, so what is missing is the touch.
                CardError::Refused { status, .. }
                    if status.is_security() && policies.touch != TouchPolicy::Never =>
                {
                    KeystoreError::TouchTimeout {
                        keystore: shared.settings.name.clone(),
                        device: shared.settings.device(),
                    }
                }
                CardError::Refused { status, .. } if status.is_security() => {
                    KeystoreError::Locked {
                        keystore: shared.settings.name.clone(),
                        why: "the device asks for its PIN".to_owned(),
                    }
                }
                other => shared.settings.failed(&other),
            })
        });
        match raw {
            Ok(None) => Signed::PinGone(permit),
            Ok(Some(raw)) => {
                if anew {
                    self.touched = Some(Instant::now());
                }
                Signed::Done(Ok(RawSignature(raw)))
            }
            Err(error) => Signed::Done(Err(error)),
        }
    }

    /// What a failed signature tells of the device.
    fn after_failure(&mut self, error: KeystoreError) {
        match error {
            KeystoreError::Absent { .. } => self.tick(),
            KeystoreError::PinIncorrect { .. }
            | KeystoreError::PinLocked { .. }
            | KeystoreError::PinFinalTry { .. }
            | KeystoreError::PinLatched { .. } => {
                self.survey_again();
                self.shared.publish(state_of(error));
            }
            KeystoreError::KeyMismatch { .. } | KeystoreError::KeyNotFound { .. } => {
                self.survey_again();
            }
            _ => {}
        }
    }
}

/// Does a key with this policy ask for a touch, where the last one was so long ago and serves so long?
fn asks_touch(policy: TouchPolicy, since: Option<Duration>, serves: Duration) -> bool {
    match policy {
        TouchPolicy::Never => false,
        TouchPolicy::Always => true,
        TouchPolicy::Cached => since.is_none_or(|since| since > serves),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_before_a_cached_touch_ends() {
        let asks = |seconds, serves| {
            asks_touch(
                TouchPolicy::Cached,
                Some(Duration::from_secs(seconds)),
                serves,
            )
        };
        assert!(!asks(9, PROMPT));
        // It is told, and not taken for a touch that may not have been.
        assert!(asks(12, PROMPT) && !asks(12, CACHED));
        assert!(asks(16, CACHED));
        assert!(asks_touch(TouchPolicy::Cached, None, CACHED));
        assert!(asks_touch(
            TouchPolicy::Always,
            Some(Duration::ZERO),
            CACHED
        ));
        assert!(!asks_touch(TouchPolicy::Never, None, PROMPT));
    }
}
