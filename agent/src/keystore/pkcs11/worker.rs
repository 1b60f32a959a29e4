//! The threads that sign, one for each session.

mod sign;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use cryptoki::error::{Error, RvError};
use cryptoki::session::Session;

use self::sign::Failure;
use super::attempts::Attempts;
use super::ckr::{self, Action};
use super::event::Event;
use super::line::{Job, Post};
use super::module::{Found, Module};
use super::settings::Settings;
use super::shared::Shared;
use crate::keystore::RawSignature;
use crate::keystore::error::KeystoreError;

/// What every worker of one login shares.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) settings: Arc<Settings>,
    pub(super) shared: Arc<Shared>,
    pub(super) attempts: Arc<Attempts>,
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
                let overdue = self.overdue();
                job.answer(Err(overdue));
                continue;
            }
            if let Err(end) = self.serve(job) {
                let login = self.context.login;
                let event = match end {
                    End::Trouble { what, logged_out } => {
                        let keystore = &self.context.settings.name;
                        tracing::warn!(%keystore, "session ended: {what}");
                        Event::Trouble {
                            login,
                            what,
                            logged_out,
                        }
                    }
                    End::PinRefused(error) => Event::PinRefused { login, error },
                };
                let _ = self.context.events.try_send(event);
                return;
            }
        }
    }

    /// Signs and answers.
    fn serve(&mut self, job: Job) -> Result<(), End> {
        if job.demands.pin {
            return self.serve_with_pin(job);
        }
        let mut outcome = self.sign(&job);
        let passing = |error: &Error| ckr::action_of(error) == Action::Retry;
        if outcome.as_ref().is_err_and(passing) && Instant::now() < job.deadline {
            self.renew()?;
            outcome = self.sign(&job);
        }
        match outcome {
            Ok(signature) => job.answer(Ok(RawSignature(signature))),
            Err(error) => return self.give_up(job, &error),
        }
        Ok(())
    }

    /// As [`Worker::serve`], for a key that wants its PIN each time. Nothing is tried again.
    fn serve_with_pin(&mut self, mut job: Job) -> Result<(), End> {
        match self.sign_with_pin(&mut job) {
            Ok(signature) => job.answer(Ok(RawSignature(signature))),
            Err(Failure::Unasked(error)) => job.answer(Err(error)),
            Err(Failure::NotTried(error)) => {
                job.answer(Err(error));
                self.renew()?;
            }
            Err(Failure::Refused(error)) => {
                job.answer(Err(error.clone()));
                return Err(End::PinRefused(error));
            }
            Err(Failure::Token(error)) => return self.give_up(job, &error),
        }
        Ok(())
    }

    /// Answers that the token did not sign, and goes on where that is possible.
    fn give_up(&mut self, job: Job, error: &Error) -> Result<(), End> {
        let answer = self.unsigned(&job, error);
        let untouched = matches!(answer, KeystoreError::TouchTimeout { .. });
        let demands = job.demands;
        job.answer(Err(answer));
        match ckr::action_of(error) {
            // The token took the PIN a moment ago, so the login is alive.
            _ if untouched && demands.pin => self.renew(),
            Action::Reconnect | Action::Fatal => Err(End::Trouble {
                what: ckr::describe(error),
                logged_out: !untouched && ckr::value(error) == Some(RvError::UserNotLoggedIn),
            }),
            Action::Retry | Action::AskOperator | Action::Refuse => self.renew(),
        }
    }

    /// Replaces the session: after a failed C_Sign its operation may stay active for ever.
    fn renew(&mut self) -> Result<(), End> {
        let Context { module, token, .. } = &self.context;
        self.session = module.session(token, false).map_err(|error| End::Trouble {
            what: ckr::describe(&error),
            logged_out: false,
        })?;
        Ok(())
    }
}

/// Why a session ends.
enum End {
    /// Everything must be found again.
    Trouble { what: String, logged_out: bool },
    /// The token refused a PIN.
    PinRefused(KeystoreError),
}
