//! The threads that sign, one for each session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use cryptoki::error::{Error, RvError};
use cryptoki::session::Session;

use super::ckr::{self, Action};
use super::event::Event;
use super::line::{Job, Post};
use super::mechanism;
use super::module::{Found, Module};
use super::settings::Settings;
use crate::keystore::RawSignature;
use crate::keystore::error::KeystoreError;

/// What every worker of one login shares.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) settings: Arc<Settings>,
    pub(super) module: Module,
    pub(super) token: Found,
    pub(super) events: Sender<Event>,
    /// Which login this is, so that news of an earlier one is known as such.
    pub(super) login: u64,
}

/// The threads of one login.
pub(super) struct Crew {
    alive: Receiver<()>,
}

impl Crew {
    /// Starts a thread for each session, or for as many as the system gives, but one at least.
    pub(super) fn start(
        context: &Context,
        sessions: Vec<Session>,
        posts: Vec<Post>,
    ) -> std::io::Result<Self> {
        let (holder, alive) = bounded(0);
        for (number, (session, post)) in sessions.into_iter().zip(posts).enumerate() {
            let worker = Worker {
                context: context.clone(),
                post,
                session,
                _alive: holder.clone(),
            };
            let keystore = &context.settings.name;
            let started = std::thread::Builder::new()
                .name(format!("{keystore}-{number}"))
                .spawn(move || worker.work());
            match started {
                Ok(_) => {}
                Err(error) if number == 0 => return Err(error),
                Err(error) => {
                    tracing::warn!(%keystore, "{number} threads, and no more: {error}");
                    break;
                }
            }
        }
        Ok(Self { alive })
    }

    /// True once every thread has left the module and closed its session; waits up to `limit`.
    pub(super) fn ended(&self, limit: Duration) -> bool {
        self.alive.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }
}

struct Worker {
    context: Context,
    post: Post,
    session: Session,
    /// Dropped last, when the session is closed: fields are dropped in their order.
    _alive: Sender<()>,
}

impl Worker {
    fn work(mut self) {
        while let Ok(job) = self.post.jobs.recv() {
            if self.post.is_closed() {
                return;
            }
            if job.reply.is_closed() {
                continue;
            }
            if job.deadline <= Instant::now() {
                let _ = job.reply.send(Err(self.overdue()));
                continue;
            }
            if let Err(ended) = self.serve(job) {
                let login = self.context.login;
                tracing::warn!(keystore = %self.context.settings.name, "session ended: {ended}");
                let _ = self
                    .context
                    .events
                    .try_send(Event::Trouble { login, what: ended });
                return;
            }
        }
    }

    /// Signs and answers. An error ends this thread: it says why all must be found again.
    fn serve(&mut self, job: Job) -> Result<(), String> {
        let mut outcome = self.sign(&job);
        let passing = |error: &Error| ckr::action_of(error) == Action::Retry;
        if outcome.as_ref().is_err_and(passing) && Instant::now() < job.deadline {
            self.renew()?;
            outcome = self.sign(&job);
        }
        match outcome {
            Ok(signature) => {
                let _ = job.reply.send(Ok(RawSignature(signature)));
                Ok(())
            }
            Err(error) => {
                let _ = job.reply.send(Err(self.failure(&error)));
                match ckr::action_of(&error) {
                    Action::Reconnect | Action::Fatal => Err(ckr::describe(&error)),
                    Action::Retry | Action::AskOperator | Action::Refuse => self.renew(),
                }
            }
        }
    }

    fn sign(&self, job: &Job) -> Result<Vec<u8>, Error> {
        let key = job.permit.key();
        let (mechanism, data) =
            mechanism::signing(key.public_key.algorithm(), job.permit.message());
        self.post.pulse.enter();
        let outcome = self.session.sign(&mechanism, job.handle, data);
        self.post.pulse.leave();
        outcome
    }

    /// Replaces the session: after a failed C_Sign its operation may stay active for ever.
    fn renew(&mut self) -> Result<(), String> {
        let Context { module, token, .. } = &self.context;
        self.session = module
            .session(token, false)
            .map_err(|error| ckr::describe(&error))?;
        Ok(())
    }

    fn overdue(&self) -> KeystoreError {
        KeystoreError::Deadline {
            keystore: self.context.settings.name.clone(),
            after: self.context.settings.deadline,
            what: "a signature",
            repeatable: true,
        }
    }

    fn failure(&self, error: &Error) -> KeystoreError {
        let keystore = self.context.settings.name.clone();
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
}
