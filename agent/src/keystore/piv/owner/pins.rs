//! Giving the PIN to the device: by the rules, recorded before, answered after.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Owner, keys, state_of};
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::Given;
use crate::keystore::login::{LoginLog, Operator};
use crate::keystore::pin::PinSource;
use crate::keystore::piv::card::{CardError, Reference, SecretMetadata, Session, may_be_pin};
use crate::keystore::piv::job::Pin;
use crate::keystore::piv::rules::{PinRules, attended};
use crate::keystore::piv::shared::Shared;
use crate::keystore::policy::PinPolicy;
use crate::keystore::state::KeystoreState;
use crate::keystore::waiting::About;

/// What stands between a PIN and the device.
pub(super) struct Pins {
    shared: Arc<Shared>,
    log: Arc<dyn LoginLog>,
    pub(super) rules: PinRules,
}

impl Pins {
    pub(super) fn new(shared: Arc<Shared>, log: Arc<dyn LoginLog>) -> Self {
        let name = &shared.settings.name;
        let rules = PinRules::new(log.standing(name), log.doubts_source(name));
        Self { shared, log, rules }
    }

    /// Has the device verify a PIN, for as long as this session lasts.
    pub(super) fn give(
        &mut self,
        session: &mut Session<'_>,
        given: &Given,
        operator: Option<&Operator>,
    ) -> Result<(), KeystoreError> {
        let before = self.tries(session)?;
        match given.typed_now {
            true => attended(&self.shared.settings, before)?,
            false => {
                let from_source = given.from_source;
                let settings = &self.shared.settings;
                let verdict = self.rules.unattended(settings, before, from_source);
                verdict.map_err(|state| error_of(&self.shared, &state))?;
            }
        }
        // What can't be a PIN is no try of one.
        may_be_pin(&given.pin).map_err(|error| self.shared.settings.pin_failed(&error))?;
        let by_source = given.from_source;
        self.attempt(operator, by_source, || session.verify(&given.pin))
    }

    /// Does something that costs a try of the PIN where it is wrong: recorded before it is done, and
    /// its end after.
    pub(super) fn attempt(
        &mut self,
        operator: Option<&Operator>,
        by_source: bool,
        verify: impl FnOnce() -> Result<(), CardError>,
    ) -> Result<(), KeystoreError> {
        let settings = &self.shared.settings;
        let keystore = &settings.name;
        let attempt = self.log.open(keystore, &self.shared.serial, operator)?;
        self.rules.begun();
        let outcome = verify();
        let answer = outcome.as_ref().err().map(ToString::to_string);
        let answer = answer.unwrap_or_default();
        if let Err(error) = attempt.close(outcome.is_ok(), &answer) {
            tracing::error!(%keystore, "the end of a login was not recorded: {error}");
        }
        match outcome {
            Ok(()) => {
                self.rules.accepted(by_source);
                Ok(())
            }
            Err(error) => {
                self.rules.refused(&answer, by_source);
                self.shared.hand.empty();
                Err(settings.pin_failed(&error))
            }
        }
    }

    /// What the device says of its PIN.
    pub(super) fn tries(&self, session: &Session<'_>) -> Result<SecretMetadata, KeystoreError> {
        let tries = session.secret(Reference::Pin);
        tries.map_err(|error| self.shared.settings.failed(&error))
    }

    /// The PIN for a key that wants one: typed, or from the configured source. None where a person
    /// has it.
    pub(super) fn pin_for(
        &self,
        policy: PinPolicy,
        about: &About,
    ) -> Result<Option<Given>, KeystoreError> {
        let kept = self.shared.wants_once();
        if let Some(given) = self.shared.hand.give(policy, kept, about) {
            return Ok(Some(given));
        }
        self.configured()
    }

    /// The PIN from its configured source; none where a person has it.
    pub(super) fn configured(&self) -> Result<Option<Given>, KeystoreError> {
        if self.shared.settings.pin == PinSource::Operator {
            return Ok(None);
        }
        Ok(Some(Given {
            pin: self.read()?,
            typed_now: false,
            by: None,
            from_source: true,
        }))
    }

    /// What its configured source says.
    fn read(&self) -> Result<SecretString, KeystoreError> {
        let settings = &self.shared.settings;
        let pin = settings.pin.read();
        pin.map_err(|error| KeystoreError::PinUnavailable {
            keystore: settings.name.clone(),
            why: error.to_string(),
        })
    }
}

fn error_of(shared: &Shared, state: &KeystoreState) -> KeystoreError {
    let error = state.obstacle().cloned();
    error.unwrap_or_else(|| shared.settings.absent("it is being looked for"))
}

impl Owner {
    /// A person unlocks the keystore: the PIN is verified at once, and given up again.
    pub(super) fn unlock(
        &mut self,
        pin: Pin,
        operator: &Operator,
        wanted: &dyn Fn() -> bool,
    ) -> Result<(), KeystoreError> {
        let typed = matches!(pin, Pin::Typed(..));
        let (pin, only_for) = match pin {
            Pin::Typed(pin, only_for) => (pin, only_for),
            Pin::Source => (self.pins.read()?, None),
        };
        let given = Given {
            pin,
            typed_now: true,
            by: Some(operator.clone()),
            from_source: !typed,
        };
        let (pins, shared) = (&mut self.pins, Arc::clone(&self.shared));
        let bound: Vec<_> = self.bound.values().cloned().collect();
        let verified = self.door.visit(wanted, |session| {
            // A device with our serial number and none of our keys is another one, or was reset.
            keys::one_of(&shared, session, &bound)?;
            pins.give(session, &given, Some(operator))
        });
        match &verified {
            Ok(()) if typed => self.shared.hand.put(given.pin, only_for, operator.clone()),
            Ok(()) => {}
            Err(KeystoreError::Absent { .. }) => self.tick(),
            Err(error) => {
                let refused = state_of(error.clone());
                self.survey_again();
                // What the device said of the PIN stands, until somebody types it again. Whatever else
                // went wrong, the survey knows better what is now.
                if matches!(refused, KeystoreState::PinRefused(_)) {
                    self.shared.publish(refused);
                }
                return verified;
            }
        }
        self.survey_again();
        verified
    }

    /// A person locks the keystore.
    pub(super) fn lock(&mut self) {
        self.pins.rules.locked();
        self.shared.hand.empty();
        self.settle();
    }
}
