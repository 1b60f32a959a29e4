//! A keystore behind a PKCS#11 module.
//!
//! Threads: one supervisor, which alone owns the module, the login and the search for keys; and one
//! worker for each session, which signs and does nothing else. Module calls can't be cancelled, so
//! none is made on a caller's thread, and every caller has a deadline.

mod attempts;
mod attest;
mod attributes;
mod ckr;
mod demands;
mod destroy;
mod ec_point;
mod event;
mod generate;
mod import;
mod inventory;
mod line;
mod mechanism;
mod module;
mod resolve;
mod settings;
mod shared;
mod supervisor;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossbeam_channel::{Sender, bounded};
use secrecy::SecretString;
use tokio::sync::{oneshot, watch};

use self::demands::TOUCH_TIME;
use self::event::{Event, Pin, Reply};
use self::shared::Shared;
use self::supervisor::Supervisor;
use super::{
    About, BoundKey, KeyDescription, KeyName, KeyOrder, Keystore, KeystoreError, KeystoreName,
    KeystoreState, ObjectId, Operator, PinPolicy, PrivateKey, RawSignature, TokenIdentity,
    WaitKind, Waits,
};
use crate::corridor::permit::SigningPermit;
use crate::keystore::held_pin::Given;
use crate::keystore::login::LoginLog;

pub use settings::{Kind, Settings};

/// Events that may wait for the supervisor.
const EVENTS: usize = 64;

/// What is asked of the supervisor, how long it may take, and whether it can be asked twice.
#[derive(Clone, Copy)]
struct Question {
    what: &'static str,
    limit: Duration,
    repeatable: bool,
}

impl Question {
    const BIND: Self = Self::new("binding keys", 30, true);
    /// A card makes an RSA key in minutes.
    const GENERATE: Self = Self::new("making a key", 300, false);
    const DESTROY: Self = Self::new("destroying a key", 30, true);
    const IMPORT: Self = Self::new("importing a key", 60, false);
    const INSPECT: Self = Self::new("describing a key", 30, true);
    const ATTEST: Self = Self::new("an attestation", 30, true);
    const UNLOCK: Self = Self::new("the login", 30, false);
    const LOCK: Self = Self::new("the logout", 30, true);

    const fn new(what: &'static str, seconds: u64, repeatable: bool) -> Self {
        Self {
            what,
            limit: Duration::from_secs(seconds),
            repeatable,
        }
    }
}

/// Time for releasing the token at the end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// A token behind a PKCS#11 module.
pub struct Pkcs11Keystore {
    shared: Arc<Shared>,
    events: Sender<Event>,
}

impl Pkcs11Keystore {
    /// Starts to look for the token, and returns at once. `keys` are the enrolled keys that it must
    /// hold; `log` records every login before it is made.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        settings: Settings,
        keys: Vec<Arc<BoundKey>>,
        log: Arc<dyn LoginLog>,
    ) -> std::io::Result<Arc<Self>> {
        let shared = Arc::new(Shared::new(settings));
        let (events, waiting) = bounded(EVENTS);
        let supervisor = Supervisor::new(Arc::clone(&shared), keys, log, (events.clone(), waiting));
        std::thread::Builder::new()
            .name(shared.settings.name.to_string())
            .spawn(move || supervisor.run())?;
        Ok(Arc::new(Self { shared, events }))
    }

    /// Keys that were removed: what is left of them on the token is destroyed when it can be.
    pub fn forget(&self, keys: impl IntoIterator<Item = Arc<BoundKey>>) {
        self.shared.to_destroy(keys);
    }

    /// The PIN that a person typed for one signature; none where it comes from a configured source.
    async fn pin(&self, about: &About) -> Result<Option<Given>, KeystoreError> {
        let until = self.patience();
        loop {
            let given = self.shared.held_pin.give(PinPolicy::Always, false, about);
            if given.is_some() || !self.shared.asks_operator() {
                return Ok(given);
            }
            self.typed(about, until).await?;
        }
    }

    /// Waits until a person has typed the PIN for one signature, or the keystore can't be used.
    async fn typed(&self, about: &About, until: Instant) -> Result<(), KeystoreError> {
        let mut state = self.shared.subscribe();
        if let Some(obstacle) = state.borrow_and_update().obstacle() {
            return Err(obstacle.clone());
        }
        let limit = until.saturating_duration_since(Instant::now());
        let _wait = self.shared.wait(WaitKind::Pin, about, limit);
        let obstacle = async {
            let unusable = state.wait_for(|state| state.obstacle().is_some()).await;
            unusable.is_ok_and(|_| true)
        };
        tokio::select! {
            () = self.shared.held_pin.comes_for(PinPolicy::Always, about) => Ok(()),
            _ = obstacle => Err(self.shared.obstacle()),
            () = tokio::time::sleep_until(until.into()) => Err(KeystoreError::Locked {
                keystore: self.shared.settings.name.clone(),
                why: format!(
                    "nobody typed its PIN within {} s, and the key wants it before each signature",
                    self.shared.settings.person_time.as_secs()
                ),
            }),
        }
    }

    fn patience(&self) -> Instant {
        Instant::now() + self.shared.settings.person_time
    }

    async fn ask<T>(
        &self,
        Question {
            limit,
            what,
            repeatable,
        }: Question,
        event: impl FnOnce(Reply<T>) -> Event,
    ) -> Result<T, KeystoreError> {
        let (reply, answer) = oneshot::channel();
        let keystore = self.shared.settings.name.clone();
        if self.events.try_send(event(reply)).is_err() {
            return Err(KeystoreError::Busy {
                keystore,
                queue: EVENTS,
            });
        }
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(self.shared.obstacle()),
            Err(_) => Err(KeystoreError::Deadline {
                keystore,
                after: limit,
                what,
                repeatable,
            }),
        }
    }
}

#[async_trait]
impl Keystore for Pkcs11Keystore {
    fn name(&self) -> &KeystoreName {
        &self.shared.settings.name
    }

    fn kind(&self) -> &'static str {
        "pkcs11"
    }

    fn state(&self) -> watch::Receiver<KeystoreState> {
        self.shared.subscribe()
    }

    fn token(&self) -> Option<TokenIdentity> {
        self.shared.token()
    }

    fn keys(&self) -> Vec<KeyDescription> {
        self.shared.keys()
    }

    async fn bind(&self, keys: Vec<Arc<BoundKey>>) -> Result<(), KeystoreError> {
        // Not in the event, so that a full queue loses none.
        self.shared.to_bind(keys);
        self.ask(Question::BIND, Event::Bind).await
    }

    async fn destroy(&self, key: Arc<BoundKey>) -> Result<(), KeystoreError> {
        self.shared.to_destroy([Arc::clone(&key)]);
        self.ask(Question::DESTROY, |reply| Event::Destroy(key, reply))
            .await
    }

    fn obstacle(&self, key: &BoundKey) -> Option<KeystoreError> {
        self.shared.obstacle_of(key)
    }

    fn needs_person(&self, key: &BoundKey) -> bool {
        let demands = self.shared.demands(key);
        demands.pin
            && self.shared.asks_operator()
            && !self.shared.held_pin.holds_for(PinPolicy::Always, None)
    }

    async fn attended(&self, key: &BoundKey, about: &About) -> Result<(), KeystoreError> {
        match self.needs_person(key) {
            true => self.typed(about, self.patience()).await,
            false => Ok(()),
        }
    }

    fn waiting(&self) -> watch::Receiver<Waits> {
        self.shared.waits.subscribe()
    }

    fn person_time(&self) -> Duration {
        let mut time = Duration::ZERO;
        if self.shared.asks_operator() && self.shared.demand(|demands| demands.pin) {
            // Another request may use the PIN that this one waited for.
            time += self.shared.settings.person_time * 2;
        }
        if self.shared.demand(|demands| demands.touch) {
            time += TOUCH_TIME;
        }
        time
    }

    async fn sign(&self, permit: SigningPermit) -> Result<RawSignature, KeystoreError> {
        let demands = self.shared.demands(permit.key());
        let pin = match demands.pin {
            true => self.pin(permit.about()).await?,
            false => None,
        };
        let deadline = Instant::now() + self.shared.settings.deadline + demands.touch_time();
        let (reply, answer) = oneshot::channel();
        self.shared.submit(permit, pin, deadline, reply)?;
        match tokio::time::timeout_at(deadline.into(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.shared.obstacle()),
            Err(_) => {
                self.shared.mark_if_stuck();
                Err(KeystoreError::Deadline {
                    keystore: self.shared.settings.name.clone(),
                    after: self.shared.settings.deadline,
                    what: "a signature",
                    repeatable: true,
                })
            }
        }
    }

    async fn generate(&self, order: KeyOrder) -> Result<KeyDescription, KeystoreError> {
        let KeyOrder {
            name,
            algorithm,
            place,
            ..
        } = order;
        if !place.is_anywhere() {
            return Err(KeystoreError::MechanismUnsupported {
                keystore: self.shared.settings.name.clone(),
                what: "PIV slots and policies: those are of keystores of kind `piv`".to_owned(),
            });
        }
        self.ask(Question::GENERATE, |reply| {
            Event::Generate(name, algorithm, reply)
        })
        .await
    }

    async fn import(
        &self,
        name: KeyName,
        key: PrivateKey,
    ) -> Result<KeyDescription, KeystoreError> {
        self.ask(Question::IMPORT, |reply| Event::Import(name, key, reply))
            .await
    }

    async fn inspect(
        &self,
        name: KeyName,
        object_id: ObjectId,
    ) -> Result<KeyDescription, KeystoreError> {
        self.ask(Question::INSPECT, |reply| {
            Event::Inspect(name, object_id, reply)
        })
        .await
    }

    async fn attest(&self, key: Arc<BoundKey>) -> Result<Vec<Vec<u8>>, KeystoreError> {
        self.ask(Question::ATTEST, |reply| Event::Attest(key, reply))
            .await
    }

    async fn unlock(
        &self,
        pin: SecretString,
        only_for: Option<u64>,
        operator: Operator,
    ) -> Result<(), KeystoreError> {
        self.ask(Question::UNLOCK, |reply| {
            Event::Unlock(Pin::Typed(pin, only_for), operator, reply)
        })
        .await
    }

    async fn unlock_again(&self, operator: Operator) -> Result<(), KeystoreError> {
        self.ask(Question::UNLOCK, |reply| {
            Event::Unlock(Pin::Source, operator, reply)
        })
        .await
    }

    async fn lock(&self) -> Result<(), KeystoreError> {
        self.ask(Question::LOCK, Event::Lock).await
    }

    async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        if self.events.try_send(Event::Shutdown(Some(done))).is_ok() {
            let _ = tokio::time::timeout(SHUTDOWN, ended).await;
        }
    }
}

impl Drop for Pkcs11Keystore {
    fn drop(&mut self) {
        let _ = self.events.try_send(Event::Shutdown(None));
    }
}
