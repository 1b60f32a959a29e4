//! Logging in and out, by the rules.

use std::sync::Arc;

use cryptoki::error::Error;
use cryptoki::session::{Session, UserType};
use secrecy::SecretString;

use super::setbacks::Setbacks;
use super::{Phase, Serving, Supervisor};
use crate::keystore::error::KeystoreError;
use crate::keystore::key::TokenSerial;
use crate::keystore::login::{Operator, PinCounter, Verdict};
use crate::keystore::pkcs11::ckr;
use crate::keystore::pkcs11::event::Pin;
use crate::keystore::pkcs11::inventory::Inventory;
use crate::keystore::pkcs11::line::Line;
use crate::keystore::pkcs11::module::{Found, Module};
use crate::keystore::pkcs11::worker::{Context, Crew};
use crate::keystore::state::KeystoreState;

impl Supervisor {
    /// The token is there: logs in where the rules allow it without a person.
    pub(super) fn log_in_unattended(&mut self) {
        self.login_waits = false;
        let Phase::Present { token, .. } = &self.phase else {
            return;
        };
        if let Err(swapped) = self.expected(&token.identity.serial) {
            return self.shared.publish(KeystoreState::Faulted(swapped));
        }
        let pin = match self.attempts.unattended(token) {
            Verdict::Wait(state) => return self.shared.publish(state),
            Verdict::Remembered(pin) => Ok(pin),
            Verdict::Source => self.shared.settings.read_pin(),
        };
        if let Err(error) = pin.and_then(|pin| self.log_in(pin, None)) {
            self.login_waits = matches!(error, KeystoreError::LoginNotRecorded { .. });
            self.shared.publish(refused(error));
        }
    }

    /// A person logs in.
    pub(super) fn unlock(&mut self, pin: Pin, operator: &Operator) -> Result<(), KeystoreError> {
        // The token may have come, gone, or changed its PIN counter since the last look.
        self.tick();
        let token = match &self.phase {
            Phase::Serving(serving) => {
                let _quiet = self.shared.quiet.read();
                let found = serving.module.probe(&serving.token)?;
                return self.keep(pin, operator, found.counter);
            }
            Phase::Away | Phase::Leaving { .. } => return Err(self.shared.obstacle()),
            Phase::Present { module, token } => module.probe(token)?,
        };
        self.expected(&token.identity.serial)?;
        let attempt = self.attempts.attended(token.counter).and_then(|()| {
            let secret = match &pin {
                Pin::Typed(pin, _) => pin.clone(),
                Pin::Source => self.shared.settings.read_pin()?,
            };
            self.log_in(secret, Some(operator))?;
            self.keep(pin, operator, token.counter)
        });
        attempt.inspect_err(|error| self.shared.publish(refused(error.clone())))
    }

    /// Holds a typed PIN for a key that wants it before each signature, where there is one. Whether it
    /// is right, the token says when such a key signs: it proves none to whoever is logged in.
    fn keep(
        &self,
        pin: Pin,
        operator: &Operator,
        counter: PinCounter,
    ) -> Result<(), KeystoreError> {
        if let Pin::Typed(pin, only_for) = pin
            && self.shared.demand(|demands| demands.pin)
        {
            self.attempts.attended(counter)?;
            self.shared.held_pin.put(pin, only_for, operator.clone());
        }
        Ok(())
    }

    /// The token refused the PIN for one signature. A card forgets its login with that, and nothing is
    /// tried until a person acts.
    pub(super) fn pin_refused(&mut self, error: KeystoreError) {
        self.leave(refused(error));
        if matches!(self.phase, Phase::Away) {
            self.look();
        }
    }

    /// A person logs out.
    pub(super) fn lock(&mut self) -> Result<(), KeystoreError> {
        self.attempts.locked();
        if let Phase::Serving(serving) = &self.phase
            && let Err(error) = serving.anchor.logout()
        {
            tracing::warn!(keystore = %self.shared.settings.name, "{}", ckr::describe(&error));
        }
        self.leave(KeystoreState::Locked(KeystoreError::Locked {
            keystore: self.shared.settings.name.clone(),
            why: "an operator locked it".to_owned(),
        }));
        match self.phase {
            Phase::Leaving { .. } => Err(self.shared.obstacle()),
            _ => {
                self.look();
                Ok(())
            }
        }
    }

    /// Refuses a token that none of the bound keys is bound to: it gets no PIN.
    fn expected(&self, found: &TokenSerial) -> Result<(), KeystoreError> {
        match self.bound.values().next() {
            Some(key) if self.bound.values().all(|key| key.token_serial != *found) => {
                Err(KeystoreError::TokenSwapped {
                    keystore: self.shared.settings.name.clone(),
                    expected: key.token_serial.clone(),
                    found: found.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Gives a PIN to the token: recorded before, answered after.
    fn log_in(
        &mut self,
        pin: SecretString,
        operator: Option<&Operator>,
    ) -> Result<(), KeystoreError> {
        let Phase::Present { module, token } = &self.phase else {
            return Err(self.shared.obstacle());
        };
        let (module, token) = (module.clone(), token.clone());
        let anchor = match module.session(&token, false) {
            Ok(anchor) => anchor,
            Err(error) => return Err(self.set_back(self.gone(&error))),
        };
        self.attempts.log_in(&token, pin, operator, |pin| {
            anchor.login(UserType::User, Some(pin))
        })?;
        self.serve(module, token, anchor)
            .map_err(|error| self.set_back(error))
    }

    /// The token failed, and not for its PIN: leaves it, and looks for it again after a while. A
    /// token that only stayed `Present` would never be logged in to again.
    fn set_back(&mut self, error: KeystoreError) -> KeystoreError {
        self.leave(refused(error.clone()));
        self.pause = self.setbacks.another();
        error
    }

    /// Finds the keys and sets the sessions to work.
    pub(super) fn serve(
        &mut self,
        module: Module,
        token: Found,
        anchor: Session,
    ) -> Result<(), KeystoreError> {
        let settings = Arc::clone(&self.shared.settings);
        let inventory = Inventory::scan(&anchor).map_err(|error| self.gone(&error))?;
        let sessions = self.open_sessions(&module, &token)?;
        let (line, posts) = Line::new(settings.name.clone(), sessions.len(), settings.queue);
        self.login += 1;
        let context = Context {
            settings: Arc::clone(&settings),
            shared: Arc::clone(&self.shared),
            attempts: Arc::clone(&self.attempts),
            module: module.clone(),
            token: token.clone(),
            events: self.sender.clone(),
            login: self.login,
        };
        let crew = Crew::start(&context, sessions, posts).map_err(|error| {
            let what = format!("its threads can't be started: {error}");
            KeystoreError::Fault {
                keystore: settings.name.clone(),
                what,
            }
        })?;
        let bound = self.bound.values().cloned();
        let keys = self.resolve(&module, &token, &anchor, &inventory, bound);
        self.shared.open(line, token.identity.clone(), keys);
        self.phase = Phase::Serving(Box::new(Serving {
            module,
            token,
            anchor,
            inventory,
            crew,
        }));
        self.setbacks = Setbacks::none();
        self.shared.publish(KeystoreState::Ready);
        self.sweep();
        Ok(())
    }

    /// As many sessions as configured, or as the token gives, but one at least.
    fn open_sessions(&self, module: &Module, token: &Found) -> Result<Vec<Session>, KeystoreError> {
        let settings = &self.shared.settings;
        let mut sessions = Vec::with_capacity(settings.sessions);
        while sessions.len() < settings.sessions {
            match module.session(token, false) {
                Ok(session) => sessions.push(session),
                Err(error) if sessions.is_empty() => return Err(self.gone(&error)),
                Err(error) => {
                    let (given, asked) = (sessions.len(), settings.sessions);
                    let what = ckr::describe(&error);
                    tracing::warn!(keystore = %settings.name, "{given} of {asked} sessions: {what}");
                    break;
                }
            }
        }
        Ok(sessions)
    }

    fn gone(&self, error: &Error) -> KeystoreError {
        KeystoreError::Absent {
            keystore: self.shared.settings.name.clone(),
            what: ckr::describe(error),
        }
    }
}

/// The keystore's state after a login that was not made, not accepted, or of no use.
fn refused(error: KeystoreError) -> KeystoreState {
    match error {
        KeystoreError::PinIncorrect { .. }
        | KeystoreError::PinLocked { .. }
        | KeystoreError::PinFinalTry { .. }
        | KeystoreError::PinLatched { .. } => KeystoreState::PinRefused(error),
        KeystoreError::PinUnavailable { .. } | KeystoreError::LoginNotRecorded { .. } => {
            KeystoreState::Locked(error)
        }
        KeystoreError::Absent { .. } => KeystoreState::Absent(error),
        other => KeystoreState::Faulted(other),
    }
}
