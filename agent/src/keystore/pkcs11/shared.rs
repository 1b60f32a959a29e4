//! What callers see of a keystore while its supervisor works.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{oneshot, watch};

use super::demands::Demands;
use super::line::{Answer, InFlight, Line};
use super::resolve::Resolved;
use super::settings::Settings;
use crate::corridor::permit::SigningPermit;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::{Given, HeldPin};
use crate::keystore::key::{BoundKey, KeyDescription, KeyStanding, TokenIdentity};
use crate::keystore::name::KeyName;
use crate::keystore::pin::PinSource;
use crate::keystore::state::KeystoreState;
use crate::keystore::waiting::{About, Wait, WaitKind, WaitList, Waiting};

/// State, line and descriptions: written by the supervisor, read by callers.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    state: watch::Sender<KeystoreState>,
    line: RwLock<Option<Line>>,
    token: Mutex<Option<TokenIdentity>>,
    keys: Mutex<BTreeMap<KeyName, KeyDescription>>,
    orders: Mutex<Orders>,
    pub(super) waits: WaitList,
    /// What a person typed for keys that want their PIN before each signature.
    pub(super) held_pin: HeldPin,
    /// Held by whoever asks the token something, and by one alone between a PIN and its signature: a
    /// card forgets such a PIN at any other command (SP 800-73-4, part 1, section 3.1.1).
    pub(super) quiet: parking_lot::RwLock<()>,
}

/// What became of keys and was not seen to yet.
#[derive(Default)]
pub(super) struct Orders {
    /// Enrolled.
    pub(super) bind: Vec<Arc<BoundKey>>,
    /// Removed.
    pub(super) destroy: Vec<Arc<BoundKey>>,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let start = KeystoreState::Absent(KeystoreError::Absent {
            keystore: settings.name.clone(),
            what: "it is being looked for".to_owned(),
        });
        Self {
            held_pin: HeldPin::new(settings.person_time),
            quiet: parking_lot::RwLock::default(),
            settings: Arc::new(settings),
            state: watch::Sender::new(start),
            line: RwLock::new(None),
            token: Mutex::new(None),
            keys: Mutex::default(),
            orders: Mutex::default(),
            waits: WaitList::default(),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<KeystoreState> {
        self.state.subscribe()
    }

    pub(super) fn token(&self) -> Option<TokenIdentity> {
        held(&self.token).clone()
    }

    pub(super) fn keys(&self) -> Vec<KeyDescription> {
        held(&self.keys).values().cloned().collect()
    }

    /// Keys to bind at the next occasion.
    pub(super) fn to_bind(&self, keys: Vec<Arc<BoundKey>>) {
        held(&self.orders).bind.extend(keys);
    }

    /// Keys to destroy at the next occasion.
    pub(super) fn to_destroy(&self, keys: impl IntoIterator<Item = Arc<BoundKey>>) {
        held(&self.orders).destroy.extend(keys);
    }

    /// What was ordered since.
    pub(super) fn orders(&self) -> Orders {
        std::mem::take(&mut *held(&self.orders))
    }

    /// Changes the state, and says so once.
    pub(super) fn publish(&self, state: KeystoreState) {
        self.state.send_if_modified(|present| {
            let changed = *present != state;
            if changed {
                let keystore = &self.settings.name;
                match &state {
                    KeystoreState::Ready => tracing::info!(%keystore, "keystore is ready"),
                    other => tracing::warn!(%keystore, "{}", other.detail()),
                }
                *present = state;
            }
            changed
        });
    }

    /// Changes the state for the last time. It is no news that anyone should act on.
    pub(super) fn retire(&self, state: KeystoreState) {
        self.state.send_replace(state);
    }

    /// Why a signature can't be made now.
    pub(super) fn obstacle(&self) -> KeystoreError {
        let obstacle = self.state.borrow().obstacle().cloned();
        obstacle.unwrap_or_else(|| KeystoreError::Absent {
            keystore: self.settings.name.clone(),
            what: "its sessions are being opened anew".to_owned(),
        })
    }

    /// Puts a request into the line of a ready keystore.
    pub(super) fn submit(
        &self,
        permit: SigningPermit,
        pin: Option<Given>,
        deadline: Instant,
        reply: oneshot::Sender<Answer>,
    ) -> Result<(), KeystoreError> {
        if let Some(obstacle) = self.state.borrow().obstacle() {
            return Err(obstacle.clone());
        }
        match self.read_line().as_ref() {
            Some(line) => line.push(permit, pin, deadline, reply),
            None => Err(self.obstacle()),
        }
    }

    /// Why this key could not sign now, apart from what a person is waited for.
    pub(super) fn obstacle_of(&self, key: &BoundKey) -> Option<KeystoreError> {
        let obstacle = self.state.borrow().obstacle().cloned();
        obstacle.or_else(|| self.read_line().as_ref()?.refusal(key))
    }

    /// What a key asks for before it signs, as far as it is known.
    pub(super) fn demands(&self, key: &BoundKey) -> Demands {
        let line = self.read_line();
        line.as_ref()
            .map(|line| line.demands(key))
            .unwrap_or_default()
    }

    /// Does any key ask for it?
    pub(super) fn demand(&self, asked: impl Fn(&Demands) -> bool) -> bool {
        self.read_line()
            .as_ref()
            .is_some_and(|line| line.demand(asked))
    }

    /// Does it depend on a person to type the PIN?
    pub(super) fn asks_operator(&self) -> bool {
        self.settings.pin == PinSource::Operator
    }

    /// Lists a wait for a person.
    pub(super) fn wait(&self, kind: WaitKind, about: &About, limit: Duration) -> Wait {
        self.waits.wait(Waiting {
            kind,
            keystore: self.settings.name.clone(),
            device: self.device(),
            about: about.clone(),
            until: SystemTime::now() + limit,
        })
    }

    /// The token, as a person knows it.
    pub(super) fn device(&self) -> String {
        match self.token() {
            Some(TokenIdentity { label, serial }) => format!("token {label} ({serial})"),
            None => "the token".to_owned(),
        }
    }

    /// True where a session has been inside the module for longer than a signature may take.
    fn stuck(&self) -> bool {
        // A caller's deadline began a moment before its call did: a twentieth makes up for it.
        let limit = self.settings.deadline.mul_f64(0.95);
        self.read_line()
            .as_ref()
            .is_some_and(|line| line.stuck(limit))
    }

    /// Marks the keystore as faulted where a call into its module does not return. Callers do this
    /// too, since the same module may hold up the supervisor.
    pub(super) fn mark_if_stuck(&self) -> bool {
        let stuck = self.stuck();
        if stuck {
            self.mark_stuck();
        }
        stuck
    }

    /// A call into the module does not return.
    pub(super) fn mark_stuck(&self) {
        self.publish(KeystoreState::Faulted(KeystoreError::Fault {
            keystore: self.settings.name.clone(),
            what: "a call into its module does not return".to_owned(),
        }));
    }

    /// Opens a line for the keys in it.
    pub(super) fn open(&self, mut line: Line, token: TokenIdentity, keys: Vec<Resolved>) {
        *held(&self.token) = Some(token);
        self.describe(&keys);
        line.seat(keys);
        *self.write_line() = Some(line);
    }

    /// Adds keys to the open line.
    pub(super) fn seat(&self, keys: Vec<Resolved>) {
        self.describe(&keys);
        if let Some(line) = self.write_line().as_mut() {
            line.seat(keys);
        }
    }

    /// Takes a key out of the open line.
    pub(super) fn unseat(&self, key: &KeyName) -> Option<InFlight> {
        held(&self.keys).remove(key);
        self.write_line().as_mut()?.unseat(key)
    }

    /// Gives up the line; requests in it are answered by the state. Set that first.
    pub(super) fn close(&self) {
        drop(self.write_line().take());
        for description in held(&self.keys).values_mut() {
            description.standing = KeyStanding::Unseen;
        }
    }

    /// A matching token is there.
    pub(super) fn saw(&self, token: TokenIdentity) {
        *held(&self.token) = Some(token);
    }

    /// These keys are bound, and the token can't be asked about them now.
    pub(super) fn expect<'a>(&self, keys: impl IntoIterator<Item = &'a Arc<BoundKey>>) {
        let mut known = held(&self.keys);
        for key in keys {
            let before = known.remove(&key.name);
            let before = before.filter(|description| description.key == *key);
            let description = KeyDescription {
                key: Arc::clone(key),
                token_label: before
                    .as_ref()
                    .map(|known| known.token_label.clone())
                    .unwrap_or_default(),
                protection: before.as_ref().and_then(|known| known.protection),
                policies: before.and_then(|known| known.policies),
                standing: KeyStanding::Unseen,
            };
            known.insert(key.name.clone(), description);
        }
    }

    fn describe(&self, keys: &[Resolved]) {
        for Resolved {
            key, description, ..
        } in keys
        {
            if let KeyStanding::Refused(error) = &description.standing {
                tracing::warn!(key = %key.name, "{error}. {}", error.remedy());
            }
        }
        let described = keys.iter().map(|key| key.description.clone());
        held(&self.keys).extend(described.map(|known| (known.key.name.clone(), known)));
    }

    fn read_line(&self) -> RwLockReadGuard<'_, Option<Line>> {
        self.line.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_line(&self) -> RwLockWriteGuard<'_, Option<Line>> {
        self.line.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing in here is left half-changed by a panic.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
