//! The thread that owns a device.
//!
//! It alone connects to the device, for as long as one job takes; between jobs nothing is held, and
//! it only asks pcscd whether cards came or went. Calls into PC/SC can't be cancelled, so every
//! caller has a deadline of its own, and a job that nobody waits for any more is not begun.

mod administer;
mod device;
mod keys;
mod make;
mod pins;
mod sign;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use self::pins::Pins;
use super::card::{ManagementMetadata, Reference, SecretMetadata, Session};
use super::door::{Door, Found};
use super::job::{Job, Reply};
use super::settings::FactorySecret;
use super::shared::Shared;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::{BoundKey, TokenIdentity};
use crate::keystore::login::LoginLog;
use crate::keystore::name::KeyName;
use crate::keystore::pin::PinSource;
use crate::keystore::state::KeystoreState;

/// Time between two looks at what pcscd says.
const TICK: Duration = Duration::from_millis(500);

/// Time between two tries to reach a card that is there and can't be spoken to.
const AGAIN: Duration = Duration::from_secs(2);

/// What the device said of its secrets when it was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Secrets {
    pin: SecretMetadata,
    puk: SecretMetadata,
    management_key: ManagementMetadata,
}

pub(super) struct Owner {
    shared: Arc<Shared>,
    door: Door,
    pins: Pins,
    jobs: Receiver<Job>,
    bound: BTreeMap<KeyName, Arc<BoundKey>>,
    secrets: Option<Secrets>,
    /// When a card that is there and can't be spoken to is tried again.
    again: Option<Instant>,
    /// When the device was last touched for us.
    touched: Option<Instant>,
}

impl Owner {
    pub(super) fn new(
        shared: Arc<Shared>,
        bound: Vec<Arc<BoundKey>>,
        log: Arc<dyn LoginLog>,
        jobs: Receiver<Job>,
    ) -> Self {
        bound.iter().for_each(|key| shared.expect(key));
        Self {
            door: Door::new(Arc::clone(&shared)),
            pins: Pins::new(Arc::clone(&shared), log),
            shared,
            jobs,
            bound: bound
                .into_iter()
                .map(|key| (key.name.clone(), key))
                .collect(),
            secrets: None,
            again: None,
            touched: None,
        }
    }

    /// Works until it is told to end.
    pub(super) fn run(mut self) {
        self.tick();
        let mut looked = Instant::now();
        loop {
            if looked + TICK <= Instant::now() {
                self.tick();
                looked = Instant::now();
            }
            match self.jobs.recv_deadline(looked + TICK) {
                Ok(Job::Shutdown(done)) => return self.end(done),
                Ok(job) => self.handle(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn handle(&mut self, job: Job) {
        // What came or went since the last look is news for every job.
        self.tick();
        match job {
            Job::Sign(permit, reply) => self.sign(permit, reply),
            Job::Bind(reply) => self.answer(reply, |owner, _| owner.bind()),
            Job::Destroy(key, reply) => self.answer(reply, |owner, _| owner.destroy(&key)),
            Job::Generate(order, reply) => {
                self.answer(reply, |owner, wanted| owner.generate(order, wanted));
            }
            Job::Inspect(name, id, reply) => {
                self.answer(reply, |owner, wanted| owner.inspect(name, &id, wanted));
            }
            Job::Attest(key, reply) => {
                self.answer(reply, |owner, wanted| owner.attest(&key, wanted));
            }
            Job::Unlock(pin, operator, reply) => {
                self.answer(reply, |owner, wanted| owner.unlock(pin, &operator, wanted));
            }
            Job::Lock(reply) => self.answer(reply, |owner, _| {
                owner.lock();
                Ok(())
            }),
            Job::Info(reply) => self.answer(reply, Self::info),
            Job::Secret(secret, reply) => {
                self.answer(reply, |owner, wanted| owner.change(&secret, wanted));
            }
            Job::SetManagementKey(access, new, reply) => self.answer(reply, |owner, wanted| {
                owner.set_management_key(&access, &new, wanted)
            }),
            Job::ImportCertificate(access, slot, der, reply) => {
                self.answer(reply, |owner, wanted| {
                    owner.import_certificate(&access, slot, &der, wanted)
                });
            }
            Job::Shutdown(_) => {}
        }
    }

    /// Does a job and answers it. `work` is told how to ask whether anybody still waits.
    fn answer<T>(
        &mut self,
        reply: Reply<T>,
        work: impl FnOnce(&mut Self, &dyn Fn() -> bool) -> Result<T, KeystoreError>,
    ) {
        let done = work(self, &|| !reply.is_closed());
        let _ = reply.send(done);
    }

    /// Asks pcscd what is there, and looks at the device where that is news.
    fn tick(&mut self) {
        self.shared.hand.expire(self.shared.wants_once());
        for key in self.shared.take_to_bind() {
            self.shared.expect(&key);
            self.bound.insert(key.name.clone(), key);
            self.again = Some(Instant::now());
        }
        let had = self.door.found().is_some();
        let changed = match self.door.changed() {
            Ok(changed) => changed,
            Err(error) => return self.gone(error),
        };
        let away = had && self.door.found().is_none();
        let unnoticed = self.secrets.is_some() && self.door.found().is_none();
        if away || unnoticed || self.door.was_lost() {
            self.gone(self.shared.settings.absent("it was removed"));
            // It may be back already.
            self.again = Some(Instant::now());
        }
        let due = self.again.is_some_and(|again| again <= Instant::now());
        let lost = changed && self.door.found().is_none();
        if lost || due {
            self.look();
        }
    }

    /// Finds the device, and sees what is in it.
    fn look(&mut self) {
        self.again = None;
        let found = match self.door.found() {
            Some(found) => Ok(found.clone()),
            None => self.door.find(),
        };
        if let Err(error) = found.and_then(|found| self.survey(&found)) {
            // Absent is what only a change of cards can mend.
            if !matches!(error, KeystoreError::Absent { .. }) || self.door.found().is_some() {
                self.again = Some(Instant::now() + AGAIN);
            }
            self.shared.publish(state_of(error));
        }
    }

    /// Sees what is in the device that was found.
    fn survey(&mut self, found: &Found) -> Result<(), KeystoreError> {
        let shared = Arc::clone(&self.shared);
        let bound: Vec<_> = self.bound.values().cloned().collect();
        let (secrets, keys) = self.door.visit(
            || true,
            |session| {
                let secrets = secrets(session).map_err(|error| shared.settings.failed(&error))?;
                let described = |key| keys::described(&shared, session, found.firmware, key);
                let keys = bound.iter().map(described).collect::<Result<Vec<_>, _>>()?;
                Ok((secrets, keys))
            },
        )?;
        let label = keys::label(found.firmware);
        if self.secrets.is_none() {
            let (keystore, reader) = (&shared.settings.name, found.reader());
            tracing::info!(%keystore, "{} is in {reader}: {label}", shared.settings.device());
        }
        shared.saw(TokenIdentity {
            label,
            serial: shared.serial.clone(),
        });
        keys.into_iter().for_each(|key| shared.describe(key));
        self.secrets = Some(secrets);
        self.settle();
        Ok(())
    }

    /// Looks at the device again after something was done to it.
    fn survey_again(&mut self) {
        if let Some(found) = self.door.found().cloned()
            && let Err(error) = self.survey(&found)
        {
            self.again = Some(Instant::now() + AGAIN);
            self.shared.publish(state_of(error));
        }
    }

    /// Publishes the state that follows from what is known.
    fn settle(&mut self) {
        let Some(secrets) = self.secrets else {
            return;
        };
        let settings = &self.shared.settings;
        let factory = settings
            .refuses(FactorySecret::Pin, secrets.pin.factory)
            .and_then(|()| settings.refuses(FactorySecret::Puk, secrets.puk.factory))
            .and_then(|()| {
                let management_key = secrets.management_key.factory;
                settings.refuses(FactorySecret::ManagementKey, management_key)
            });
        let state = factory.map_err(KeystoreState::PinRefused);
        let state = state.and_then(|()| match settings.pin {
            PinSource::Operator => self.pins.rules.awaited(settings, secrets.pin),
            _ => {
                let from_source = !self.shared.hand.is_held();
                let rules = &self.pins.rules;
                rules.unattended(settings, secrets.pin, from_source)
            }
        });
        self.shared
            .publish(state.err().unwrap_or(KeystoreState::Ready));
    }

    /// The device is not there any more.
    fn gone(&mut self, error: KeystoreError) {
        self.shared.publish(KeystoreState::Absent(error));
        self.shared.hand.empty();
        self.pins.rules.gone();
        self.secrets = None;
        self.touched = None;
        self.bound.values().for_each(|key| self.shared.expect(key));
    }

    fn end(mut self, done: Option<tokio::sync::oneshot::Sender<()>>) {
        self.shared.hand.empty();
        self.door.close();
        let end = self.shared.settings.absent("the agent is shutting down");
        self.shared.retire(KeystoreState::Absent(end));
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

fn secrets(session: &Session<'_>) -> Result<Secrets, super::card::CardError> {
    Ok(Secrets {
        pin: session.secret(Reference::Pin)?,
        puk: session.secret(Reference::Puk)?,
        management_key: session.management_key()?,
    })
}

/// The state of a keystore whose device met this error.
fn state_of(error: KeystoreError) -> KeystoreState {
    match error {
        KeystoreError::Absent { .. } => KeystoreState::Absent(error),
        KeystoreError::PinIncorrect { .. }
        | KeystoreError::PinLocked { .. }
        | KeystoreError::PinFinalTry { .. }
        | KeystoreError::PinLatched { .. }
        | KeystoreError::FactorySecret { .. } => KeystoreState::PinRefused(error),
        KeystoreError::Locked { .. }
        | KeystoreError::PinUnavailable { .. }
        | KeystoreError::LoginNotRecorded { .. } => KeystoreState::Locked(error),
        other => KeystoreState::Faulted(other),
    }
}
