//! What callers see of a keystore while its owner works.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::settings::Settings;
use crate::keystore::error::KeystoreError;
use crate::keystore::held_pin::HeldPin;
use crate::keystore::key::{BoundKey, KeyDescription, KeyStanding, TokenIdentity, TokenSerial};
use crate::keystore::name::KeyName;
use crate::keystore::pin::PinSource;
use crate::keystore::policy::{PinPolicy, Policies};
use crate::keystore::state::KeystoreState;
use crate::keystore::waiting::{About, Wait, WaitKind, WaitList, Waiting};

/// State, descriptions and the PIN in hand: written by the owner, read by callers.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) serial: TokenSerial,
    pub(super) hand: HeldPin,
    pub(super) waits: WaitList,
    state: watch::Sender<KeystoreState>,
    token: Mutex<Option<TokenIdentity>>,
    keys: Mutex<BTreeMap<KeyName, KeyDescription>>,
    to_bind: Mutex<Vec<Arc<BoundKey>>>,
    waits_for_card: Mutex<Option<Instant>>,
}

impl Shared {
    pub(super) fn new(settings: Settings, serial: TokenSerial) -> Self {
        let start = settings.absent("it is being looked for");
        Self {
            serial,
            hand: HeldPin::new(settings.person_time),
            waits: WaitList::default(),
            state: watch::Sender::new(KeystoreState::Absent(start)),
            token: Mutex::new(None),
            keys: Mutex::default(),
            to_bind: Mutex::default(),
            waits_for_card: Mutex::new(None),
            settings,
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<KeystoreState> {
        self.state.subscribe()
    }

    pub(super) fn token(&self) -> Option<TokenIdentity> {
        self.token.lock().clone()
    }

    pub(super) fn keys(&self) -> Vec<KeyDescription> {
        self.keys.lock().values().cloned().collect()
    }

    /// Keys to bind at the next occasion.
    pub(super) fn to_bind(&self, keys: Vec<Arc<BoundKey>>) {
        self.to_bind.lock().extend(keys);
    }

    /// Keys that were to be bound since.
    pub(super) fn take_to_bind(&self) -> Vec<Arc<BoundKey>> {
        std::mem::take(&mut *self.to_bind.lock())
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

    /// Why nothing can be asked of the device now.
    pub(super) fn state_error(&self) -> KeystoreError {
        let obstacle = self.state.borrow().obstacle().cloned();
        obstacle.unwrap_or_else(|| self.settings.absent("it is being looked for"))
    }

    /// The device is there.
    pub(super) fn saw(&self, token: TokenIdentity) {
        *self.token.lock() = Some(token);
    }

    /// What became of a key.
    pub(super) fn describe(&self, description: KeyDescription) {
        if let KeyStanding::Refused(error) = &description.standing {
            let key = &description.key.name;
            tracing::warn!(%key, "{error}. {}", error.remedy());
        }
        let name = description.key.name.clone();
        self.keys.lock().insert(name, description);
    }

    /// A key is bound, and the device can't be asked about it now.
    pub(super) fn expect(&self, key: &Arc<BoundKey>) {
        let mut keys = self.keys.lock();
        let before = keys.remove(&key.name).filter(|known| known.key == *key);
        let description = before.unwrap_or_else(|| KeyDescription {
            key: Arc::clone(key),
            token_label: String::new(),
            protection: None,
            policies: None,
            standing: KeyStanding::Unseen,
        });
        let standing = KeyStanding::Unseen;
        let name = key.name.clone();
        keys.insert(
            name,
            KeyDescription {
                standing,
                ..description
            },
        );
    }

    /// A key is bound no longer.
    pub(super) fn forget(&self, key: &KeyName) {
        self.keys.lock().remove(key);
    }

    /// What a bound key asks for; none where it was never seen.
    pub(super) fn policies(&self, key: &BoundKey) -> Option<Policies> {
        let keys = self.keys.lock();
        let known = keys.get(&key.name).filter(|known| *known.key == *key);
        known.and_then(|known| known.policies)
    }

    /// Is there a bound key that wants the PIN once, and so may want it later?
    pub(super) fn wants_once(&self) -> bool {
        let keys = self.keys.lock();
        let mut policies = keys.values().filter_map(|known| known.policies);
        policies.any(|policies| policies.pin == PinPolicy::Once)
    }

    /// Why a bound key could not sign now, apart from what a person is waited for.
    pub(super) fn obstacle(&self, key: &BoundKey) -> Option<KeystoreError> {
        let wants_pin = self
            .policies(key)
            .is_none_or(|policies| policies.pin != PinPolicy::Never);
        let typed = self.settings.pin == PinSource::Operator;
        match &*self.state.borrow() {
            KeystoreState::Ready => {}
            KeystoreState::Absent(error) | KeystoreState::Faulted(error) => {
                return Some(error.clone());
            }
            // Whoever types a PIN clears it.
            KeystoreState::PinRefused(
                KeystoreError::PinLatched { .. } | KeystoreError::PinIncorrect { .. },
            ) if typed => {}
            KeystoreState::PinRefused(error @ KeystoreError::FactorySecret { .. }) => {
                return Some(error.clone());
            }
            KeystoreState::PinRefused(error) | KeystoreState::Locked(error) => {
                if wants_pin {
                    return Some(error.clone());
                }
            }
        }
        let keys = self.keys.lock();
        match keys.get(&key.name).filter(|known| *known.key == *key) {
            Some(KeyDescription {
                standing: KeyStanding::Refused(error),
                ..
            }) => Some(error.clone()),
            Some(_) => None,
            None => Some(KeystoreError::KeyNotFound {
                keystore: self.settings.name.clone(),
                key: key.name.clone(),
                what: "it is not bound to this keystore".to_owned(),
            }),
        }
    }

    /// Does a key want a PIN that only a person has, and that is not in hand for this request, or for
    /// any where none is named?
    pub(super) fn needs_person(&self, key: &BoundKey, about: Option<&About>) -> bool {
        let Some(policies) = self.policies(key) else {
            return false;
        };
        self.settings.pin == PinSource::Operator
            && policies.pin != PinPolicy::Never
            && !self.hand.holds_for(policies.pin, about)
    }

    /// Lists a wait for a person.
    pub(super) fn wait(&self, kind: WaitKind, about: &About, limit: Duration) -> Wait {
        self.waits.wait(Waiting {
            kind,
            keystore: self.settings.name.clone(),
            device: self.settings.device(),
            about: about.clone(),
            until: SystemTime::now() + limit,
        })
    }

    /// The owner begins or ends to wait for other programs to leave the card to it.
    pub(super) fn waits_for_card(&self, waits: bool) {
        *self.waits_for_card.lock() = waits.then(Instant::now);
    }

    /// Why there was no answer within `after`: another program has the card, or the device is slow.
    pub(super) fn late(
        &self,
        what: &'static str,
        after: Duration,
        repeatable: bool,
    ) -> KeystoreError {
        let keystore = self.settings.name.clone();
        match *self.waits_for_card.lock() {
            // A moment to get it is always waited for.
            Some(since) if since.elapsed() > after / 2 => KeystoreError::Held {
                keystore,
                device: self.settings.device(),
                what: format!("it does not let go for {} s", since.elapsed().as_secs()),
            },
            _ => KeystoreError::Deadline {
                keystore,
                after,
                what,
                repeatable,
            },
        }
    }
}
