//! The thread that watches a token and keeps it ready.
//!
//! It alone initialises and finalises the module, logs in, and looks for keys. Between events it
//! asks the token for its name; when that fails everything is released, and the module is
//! initialised anew until the token is back (some modules see new tokens in no other way).

mod keys;
mod login;
mod setbacks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use cryptoki::context::Pkcs11;
use cryptoki::session::Session;

use self::setbacks::Setbacks;
use super::attempts::Attempts;
use super::event::Event;
use super::inventory::Inventory;
use super::line::InFlight;
use super::module::{Found, Module};
use super::shared::Shared;
use super::worker::Crew;
use crate::keystore::error::KeystoreError;
use crate::keystore::key::BoundKey;
use crate::keystore::login::LoginLog;
use crate::keystore::name::KeyName;
use crate::keystore::state::KeystoreState;

/// Time between two looks at the token.
const TICK: Duration = Duration::from_millis(300);

/// The longest time between two looks for an absent token, where one look takes long.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Time for the sessions to leave the module when their line is given up.
const GRACE: Duration = Duration::from_millis(500);

/// A removed key, and the signatures that were asked of it before.
struct Doomed {
    key: Arc<BoundKey>,
    flights: Option<InFlight>,
}

fn by_name(key: Arc<BoundKey>) -> (KeyName, Arc<BoundKey>) {
    (key.name.clone(), key)
}

/// How far the agent has got with the token.
enum Phase {
    /// Nothing is initialised.
    Away,
    /// The token is there, and nobody is logged in.
    Present { module: Module, token: Found },
    /// Logged in, with sessions at work.
    Serving(Box<Serving>),
    /// Everything is given up, but a call has not come back from the module yet.
    Leaving {
        module: Module,
        crew: Crew,
        anchor: Option<Session>,
    },
}

struct Serving {
    module: Module,
    token: Found,
    /// Holds the login while the other sessions come and go.
    anchor: Session,
    inventory: Inventory,
    crew: Crew,
}

pub(super) struct Supervisor {
    shared: Arc<Shared>,
    attempts: Arc<Attempts>,
    events: Receiver<Event>,
    /// For the workers' news.
    sender: Sender<Event>,
    library: Option<Pkcs11>,
    phase: Phase,
    bound: BTreeMap<KeyName, Arc<BoundKey>>,
    /// Removed keys whose objects may still be on the token.
    doomed: BTreeMap<KeyName, Doomed>,
    /// Counts the logins, so that late news of an earlier one is known as such.
    login: u64,
    /// An unattended login could not be recorded, and is tried again.
    login_waits: bool,
    /// Time between this look and the next.
    pause: Duration,
    setbacks: Setbacks,
}

impl Supervisor {
    pub(super) fn new(
        shared: Arc<Shared>,
        bound: Vec<Arc<BoundKey>>,
        log: Arc<dyn LoginLog>,
        (sender, events): (Sender<Event>, Receiver<Event>),
    ) -> Self {
        let attempts = Arc::new(Attempts::new(&shared.settings, log));
        shared.expect(&bound);
        Self {
            shared,
            attempts,
            events,
            sender,
            library: None,
            phase: Phase::Away,
            bound: bound.into_iter().map(by_name).collect(),
            doomed: BTreeMap::new(),
            login: 0,
            login_waits: false,
            pause: TICK,
            setbacks: Setbacks::none(),
        }
    }

    /// Works until it is told to end.
    pub(super) fn run(mut self) {
        self.tick();
        let mut looked = Instant::now();
        loop {
            // An event may have changed the pause.
            if looked + self.pause <= Instant::now() {
                self.tick();
                looked = Instant::now();
            }
            match self.events.recv_deadline(looked + self.pause) {
                Ok(Event::Shutdown(done)) => return self.end(done),
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn handle(&mut self, event: Event) {
        if event.is_abandoned() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        match event {
            Event::Trouble {
                login,
                what,
                logged_out,
            } => {
                if login == self.login {
                    self.recover(what, logged_out);
                }
            }
            Event::PinRefused { login, error } => {
                if login == self.login {
                    self.pin_refused(error);
                }
            }
            Event::Bind(reply) => {
                let _quiet = shared.quiet.read();
                let _ = reply.send(self.carry_out());
            }
            Event::Destroy(key, reply) => {
                let _quiet = shared.quiet.read();
                let bound = self.carry_out();
                let _ = reply.send(bound.and_then(|()| self.destroy(&key.name)));
            }
            Event::Generate(name, algorithm, reply) => {
                let _quiet = shared.quiet.read();
                let _ = reply.send(self.generate(name, algorithm));
            }
            Event::Import(name, key, reply) => {
                let _quiet = shared.quiet.read();
                let _ = reply.send(self.import(name, &key));
            }
            Event::Inspect(name, id, reply) => {
                let _quiet = shared.quiet.read();
                let _ = reply.send(self.inspect(name, id));
            }
            Event::Attest(key, reply) => {
                let _quiet = shared.quiet.read();
                let _ = reply.send(self.attest(&key));
            }
            Event::Unlock(pin, operator, reply) => {
                let _ = reply.send(self.unlock(pin, &operator));
            }
            Event::Lock(reply) => {
                let _ = reply.send(self.lock());
            }
            Event::Shutdown(_) => {}
        }
    }

    /// Looks at the token.
    fn tick(&mut self) {
        self.shared.held_pin.expire(false);
        let shared = Arc::clone(&self.shared);
        if let Some(_quiet) = shared.quiet.try_read() {
            // What is wrong with it, the look will say.
            drop(self.carry_out());
        }
        match &mut self.phase {
            Phase::Away => self.look(),
            Phase::Present { module, token } => match module.probe(token) {
                Ok(found) if found.identity == token.identity => {
                    // Its PIN counter may have changed since a login began to wait.
                    *token = found;
                    if self.login_waits {
                        self.log_in_unattended();
                    }
                }
                other => self.vanished(other),
            },
            Phase::Serving(serving) => {
                if self.shared.mark_if_stuck() {
                    return;
                }
                let probed = match shared.quiet.try_read() {
                    Some(_quiet) => serving.module.probe(&serving.token),
                    // A key that has its PIN now is not disturbed.
                    None => return,
                };
                match probed {
                    Ok(found) if found.identity == serving.token.identity => {
                        self.shared.publish(KeystoreState::Ready);
                    }
                    other => self.vanished(other),
                }
            }
            Phase::Leaving { crew, .. } => {
                if crew.ended(Duration::ZERO) {
                    self.release();
                    self.look();
                }
            }
        }
    }

    /// Looks for an absent token, no more than half of the time where looking takes long.
    fn look(&mut self) {
        let start = Instant::now();
        match self.find() {
            Ok((module, token)) => {
                self.pause = TICK;
                self.shared.saw(token.identity.clone());
                self.phase = Phase::Present { module, token };
                self.log_in_unattended();
            }
            Err(state) => {
                self.pause = start.elapsed().clamp(TICK, LONGEST_PAUSE);
                self.shared.publish(state);
            }
        }
    }

    fn find(&mut self) -> Result<(Module, Found), KeystoreState> {
        let settings = &self.shared.settings;
        let library = match &self.library {
            Some(library) => library,
            None => {
                let library = Module::load(&settings.name, &settings.module)
                    .map_err(KeystoreState::Faulted)?;
                self.library.insert(library)
            }
        };
        let module = Module::initialize(&settings.name, library).map_err(KeystoreState::Faulted)?;
        match module.find(&settings.token) {
            Ok(token) => Ok((module, token)),
            Err(error) => {
                module.finalize();
                Err(match error {
                    KeystoreError::TokenNotFound { .. } | KeystoreError::Absent { .. } => {
                        KeystoreState::Absent(error)
                    }
                    other => KeystoreState::Faulted(other),
                })
            }
        }
    }

    /// The token does not answer, or another one does.
    fn vanished(&mut self, probed: Result<Found, KeystoreError>) {
        let error = match probed {
            Err(error) => error,
            Ok(found) => KeystoreError::Absent {
                keystore: self.shared.settings.name.clone(),
                what: format!("token {} answers in its slot", found.identity.serial),
            },
        };
        self.leave(KeystoreState::Absent(error));
        if matches!(self.phase, Phase::Away) {
            self.look();
        }
    }

    /// Gives everything up: line, sessions, login, module. The callers in the line get `state`.
    fn leave(&mut self, state: KeystoreState) {
        self.shared.publish(state);
        self.shared.close();
        self.shared.held_pin.empty();
        self.login += 1;
        self.login_waits = false;
        self.phase = match std::mem::replace(&mut self.phase, Phase::Away) {
            Phase::Away => Phase::Away,
            Phase::Present { module, .. } => {
                module.finalize();
                Phase::Away
            }
            Phase::Serving(serving) => {
                let Serving {
                    module,
                    anchor,
                    crew,
                    ..
                } = *serving;
                Phase::Leaving {
                    module,
                    crew,
                    anchor: Some(anchor),
                }
            }
            leaving @ Phase::Leaving { .. } => leaving,
        };
        if let Phase::Leaving { crew, .. } = &self.phase {
            if crew.ended(GRACE) {
                self.release();
            } else {
                self.shared
                    .publish(KeystoreState::Faulted(KeystoreError::Fault {
                        keystore: self.shared.settings.name.clone(),
                        what: "a call into its module does not return".to_owned(),
                    }));
            }
        }
    }

    /// Finalises a module that every call has left.
    fn release(&mut self) {
        if let Phase::Leaving { module, anchor, .. } =
            std::mem::replace(&mut self.phase, Phase::Away)
        {
            drop(anchor);
            module.finalize();
        }
    }

    fn end(mut self, done: Option<tokio::sync::oneshot::Sender<()>>) {
        let end = KeystoreState::Absent(KeystoreError::Absent {
            keystore: self.shared.settings.name.clone(),
            what: "the agent is shutting down".to_owned(),
        });
        self.shared.retire(end.clone());
        self.leave(end);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}
