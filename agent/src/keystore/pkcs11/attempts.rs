//! Tries of a PIN: one at a time, recorded before, answered after.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use cryptoki::error::{Error, RvError};
use parking_lot::Mutex;
use secrecy::SecretString;

use super::ckr;
use super::module::Found;
use super::settings::Settings;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::Given;
use crate::keystore::login::{LoginLog, LoginRules, Operator, PinCounter, Verdict};
use crate::keystore::name::KeystoreName;
use crate::keystore::pin::PinSource;

/// The rules of one keystore, and the record of its tries. Whoever tries holds the rules, so that
/// nobody tries after a failure that is not known yet.
pub(super) struct Attempts {
    keystore: KeystoreName,
    log: Arc<dyn LoginLog>,
    rules: Mutex<LoginRules>,
}

/// Why a PIN did not open a key.
pub(super) enum Refusal {
    /// None was given to the token.
    NotTried(KeystoreError),
    /// The token did not take it.
    Refused(KeystoreError),
}

impl Attempts {
    pub(super) fn new(settings: &Settings, log: Arc<dyn LoginLog>) -> Self {
        let rules = LoginRules::new(
            settings.name.clone(),
            settings.holds_root_keys,
            settings.pin != PinSource::Operator,
            log.standing(&settings.name),
        );
        Self {
            keystore: settings.name.clone(),
            log,
            rules: Mutex::new(rules),
        }
    }

    /// The token is there and nobody asked: may the agent log in by itself?
    pub(super) fn unattended(&self, token: &Found) -> Verdict {
        let serial = &token.identity.serial;
        self.rules.lock().unattended(serial, token.counter)
    }

    /// A person asked: may a PIN be tried at all?
    pub(super) fn attended(&self, counter: PinCounter) -> Result<(), KeystoreError> {
        self.rules.lock().attended(counter)
    }

    /// A person logged out.
    pub(super) fn locked(&self) {
        self.rules.lock().locked();
    }

    /// Logs in to a token with this PIN; `login` gives it.
    pub(super) fn log_in(
        &self,
        token: &Found,
        pin: SecretString,
        operator: Option<&Operator>,
        login: impl FnOnce(&SecretString) -> Result<(), Error>,
    ) -> Result<(), KeystoreError> {
        let mut rules = self.rules.lock();
        let attempt = self
            .log
            .open(&self.keystore, &token.identity.serial, operator)?;
        rules.begun();
        let outcome = login(&pin);
        let answer = outcome.as_ref().err().map(answer).unwrap_or_default();
        if let Err(error) = attempt.close(outcome.is_ok(), &answer) {
            self.lost(&error);
        }
        match outcome {
            Ok(()) => rules.accepted(token.identity.serial.clone(), pin),
            Err(error) => {
                rules.refused(&answer);
                return Err(self.failed(&error, answer));
            }
        }
        Ok(())
    }

    /// Gives a PIN for one signature, to a token that is logged in to. A configured PIN that it took
    /// before needs no record, unless it is refused.
    pub(super) fn once(
        &self,
        token: &Found,
        Given {
            pin, typed_now, by, ..
        }: &Given,
        login: impl FnOnce(&SecretString) -> Result<(), Error>,
    ) -> Result<(), Refusal> {
        let serial = &token.identity.serial;
        let mut rules = self.rules.lock();
        let allowed = match typed_now {
            true => rules.attended(token.counter),
            false => rules.once_more(token.counter),
        };
        allowed.map_err(Refusal::NotTried)?;
        let proven = !typed_now && rules.proves(serial, pin);
        let open = || self.log.open(&self.keystore, serial, by.as_ref());
        let attempt = match proven {
            true => None,
            false => {
                let attempt = open().map_err(Refusal::NotTried)?;
                rules.begun();
                Some(attempt)
            }
        };
        let outcome = login(pin);
        let answer = outcome.as_ref().err().map(answer).unwrap_or_default();
        let record = match attempt {
            Some(attempt) => attempt.close(outcome.is_ok(), &answer),
            None if outcome.is_ok() => Ok(()),
            None => open().and_then(|attempt| attempt.close(false, &answer)),
        };
        if let Err(error) = record {
            self.lost(&error);
        }
        match outcome {
            Ok(()) => rules.accepted_once(),
            Err(error) => {
                rules.refused(&answer);
                return Err(Refusal::Refused(self.failed(&error, answer)));
            }
        }
        Ok(())
    }

    fn lost(&self, error: &KeystoreError) {
        let keystore = &self.keystore;
        tracing::error!(%keystore, "the end of a login was not recorded: {error}");
    }

    fn failed(&self, error: &Error, answer: String) -> KeystoreError {
        let keystore = self.keystore.clone();
        match ckr::value(error) {
            Some(RvError::PinLocked) => KeystoreError::PinLocked { keystore },
            Some(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired,
            ) => KeystoreError::PinIncorrect { keystore, answer },
            // Somebody else in this process is logged in: the answer says nothing of the PIN.
            Some(RvError::UserAlreadyLoggedIn | RvError::UserAnotherAlreadyLoggedIn) => {
                let why = format!(
                    "something else in the agent is logged in to the token ({answer}), which proves \
                     no PIN"
                );
                KeystoreError::PinLatched { keystore, why }
            }
            _ => KeystoreError::PinLatched {
                keystore,
                why: format!("the last login failed ({answer})"),
            },
        }
    }
}

fn answer(error: &Error) -> String {
    ckr::value(error).map_or_else(|| error.to_string(), ckr::name)
}
