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
        let given = match self.shared.policies(&key).map(|policies| policies.pin) {
            Some(PinPolicy::Never) => None,
            None => return Signed::Done(Err(self.shared.state_error())),
            Some(policy) => match self.pin_for(policy, permit.about()) {
                Ok(None) => return Signed::PinGone(permit),
                Ok(given) => given,
                Err(error) => return Signed::Done(Err(error)),
            },
        };

        let shared = Arc::clone(&self.shared);
        let (pins, touched) = (&mut self.pins, self.touched);
        let mut touch = false;
        let raw = self.door.visit(wanted, |session| {
            let slot = keys::slot_of(&shared, &key)?;
            let policies = keys::same_key(&shared, session, &key)?;
            if let Some(given) = &given {
                pins.give(session, given, given.by.as_ref())?;
            }
            touch = match policies.touch {
                TouchPolicy::Never => false,
                TouchPolicy::Always => true,
                TouchPolicy::Cached => touched.is_none_or(|at| at.elapsed() > CACHED),
            };
            let wait = touch.then(|| shared.wait(WaitKind::Touch, permit.about(), TOUCH_TIME));
            let raw = session.sign(slot, key.public_key.algorithm(), permit.message());
            drop(wait);
            raw.map_err(|error| match error {
                CardError::Refused { status, .. } if status.is_security() && touch => {
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
        if raw.is_ok() && touch {
            self.touched = Some(Instant::now());
        }
        Signed::Done(raw.map(RawSignature))
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
