//! One signature in one session: with the login's PIN, or with a PIN of its own.

use std::time::Duration;

use cryptoki::error::{Error, RvError};
use cryptoki::session::UserType;

use super::Worker;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::Given;
use crate::keystore::pkcs11::attempts::Refusal;
use crate::keystore::pkcs11::ckr::{self, Action};
use crate::keystore::pkcs11::line::Job;
use crate::keystore::pkcs11::mechanism;
use crate::keystore::pkcs11::module::Found;
use crate::keystore::waiting::WaitKind;

/// Why there is no signature.
pub(super) enum Failure {
    /// The token was not asked for it.
    Unasked(KeystoreError),
    /// The PIN was not given: the session holds an operation that nobody ends.
    NotTried(KeystoreError),
    /// The token did not take the PIN.
    Refused(KeystoreError),
    /// The token did not sign.
    Token(Error),
}

impl Worker {
    /// Signs with the login's PIN, in one part.
    pub(super) fn sign(&self, job: &Job) -> Result<Vec<u8>, Error> {
        let key = job.permit.key();
        let (mechanism, data) =
            mechanism::signing(key.public_key.algorithm(), job.permit.message());
        let _quiet = self.context.shared.quiet.read();
        self.with_touch(job, || self.session.sign(&mechanism, job.handle, data))
    }

    /// Signs with a PIN of its own (CKU_CONTEXT_SPECIFIC), in parts. The token is asked nothing else
    /// between, and nothing twice.
    pub(super) fn sign_with_pin(&self, job: &mut Job) -> Result<Vec<u8>, Failure> {
        let shared = &self.context.shared;
        let Some(_quiet) = shared.quiet.try_write_until(job.deadline) else {
            return Err(Failure::Unasked(self.overdue()));
        };
        if self.post.is_closed() {
            return Err(Failure::Unasked(shared.obstacle()));
        }
        let given = match job.pin.take() {
            Some(given) => given,
            None => self.configured_pin().map_err(Failure::Unasked)?,
        };
        let algorithm = job.permit.key().public_key.algorithm();
        let way = mechanism::in_parts(algorithm).ok_or_else(|| {
            Failure::Unasked(KeystoreError::MechanismUnsupported {
                keystore: self.context.settings.name.clone(),
                what: format!("way to sign in parts with an {algorithm} key"),
            })
        })?;
        let token = self.token().map_err(Failure::Unasked)?;
        self.inside(Duration::ZERO, || self.session.sign_init(&way, job.handle))
            .map_err(Failure::Token)?;
        let login = self.context.attempts.once(&token, &given, |pin| {
            self.inside(Duration::ZERO, || {
                self.session.login(UserType::ContextSpecific, Some(pin))
            })
        });
        login.map_err(|refusal| match refusal {
            Refusal::NotTried(error) => Failure::NotTried(error),
            Refusal::Refused(error) => Failure::Refused(error),
        })?;
        drop(given);
        self.with_touch(job, || {
            self.session.sign_update(job.permit.message().bytes())?;
            self.session.sign_final()
        })
        .map_err(Failure::Token)
    }

    /// What to say where the token did not sign. A YubiKey's modules answer a touch that nobody gave
    /// as if nobody were logged in.
    pub(super) fn unsigned(&self, job: &Job, error: &Error) -> KeystoreError {
        let keystore = self.context.settings.name.clone();
        let untouched = ckr::value(error) == Some(RvError::UserNotLoggedIn);
        if untouched && job.demands.touch {
            let device = self.context.shared.device();
            return KeystoreError::TouchTimeout { keystore, device };
        }
        if untouched && job.demands.pin {
            let what = format!(
                "{}, though it took the PIN: where the key wants a touch, nobody gave it in time",
                ckr::describe(error)
            );
            return KeystoreError::Refused { keystore, what };
        }
        let what = ckr::describe(error);
        match ckr::action_of(error) {
            Action::Reconnect => KeystoreError::Absent { keystore, what },
            Action::Retry | Action::Fatal => KeystoreError::Fault { keystore, what },
            Action::AskOperator => KeystoreError::Refused { keystore, what },
            Action::Refuse => match ckr::value(error) {
                Some(RvError::MechanismInvalid | RvError::MechanismParamInvalid) => {
                    let what = format!("way to sign so ({what})");
                    KeystoreError::MechanismUnsupported { keystore, what }
                }
                _ => KeystoreError::Refused { keystore, what },
            },
        }
    }

    pub(super) fn overdue(&self) -> KeystoreError {
        KeystoreError::Deadline {
            keystore: self.context.settings.name.clone(),
            after: self.context.settings.deadline,
            what: "a signature",
            repeatable: true,
        }
    }

    /// The token as it is now, with what it says of its PIN.
    fn token(&self) -> Result<Found, KeystoreError> {
        let known = &self.context.token;
        let found = self.inside(Duration::ZERO, || self.context.module.probe(known))?;
        if found.identity != known.identity {
            return Err(KeystoreError::Absent {
                keystore: self.context.settings.name.clone(),
                what: format!("token {} answers in its slot", found.identity.serial),
            });
        }
        Ok(found)
    }

    /// The source is read for each signature, so that nobody keeps it.
    fn configured_pin(&self) -> Result<Given, KeystoreError> {
        let settings = &self.context.settings;
        let pin = settings.read_pin()?;
        Ok(Given {
            from_source: true,
            pin,
            typed_now: false,
            by: None,
        })
    }

    /// Calls the module, and lists the wait for a touch where the key wants one.
    fn with_touch<T>(&self, job: &Job, call: impl FnOnce() -> T) -> T {
        let time = job.demands.touch_time();
        let about = job.permit.about();
        let shared = &self.context.shared;
        let _wait = job
            .demands
            .touch
            .then(|| shared.wait(WaitKind::Touch, about, time));
        self.inside(time, call)
    }

    /// Calls the module, which may take this much longer than other calls.
    fn inside<T>(&self, longer: Duration, call: impl FnOnce() -> T) -> T {
        self.post.pulse.enter(longer);
        let answer = call();
        self.post.pulse.leave();
        answer
    }
}
