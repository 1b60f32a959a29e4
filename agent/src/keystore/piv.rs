//! A keystore that is a YubiKey, over its PIV application.
//!
//! One thread owns the device and alone connects to it, for one job at a time. Calls into PC/SC
//! can't be cancelled, so every caller has a deadline. A person has to do something for most
//! signatures: what is waited for is listed, and told to whoever asked.

mod card;
mod connected;
mod door;
mod job;
mod owner;
mod rules;
mod settings;
mod shared;
mod trouble;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossbeam_channel::{Sender, bounded};
use secrecy::SecretString;
use tokio::sync::{oneshot, watch};

use self::job::{Job, Pin, Reply, Secret, Signed};
use self::owner::Owner;
use self::shared::Shared;
use super::device::{Device, DeviceInfo, NewManagementKey};
use super::{
    About, Access, BoundKey, KeyDescription, KeyName, KeyOrder, Keystore, KeystoreError,
    KeystoreName, KeystoreState, ObjectId, Operator, PrivateKey, RawSignature, Slot, TokenIdentity,
    WaitKind, Waits,
};
use crate::corridor::permit::SigningPermit;
use crate::keystore::login::LoginLog;

pub use connected::{Connected, Identity, NotIdentified, connected};
pub use settings::{FactorySecret, Kind, Settings};

/// Jobs that may wait for the owner.
const JOBS: usize = 64;

/// How long a YubiKey waits for a touch, and a little more (Yubico: 15 seconds).
const TOUCH_TIME: Duration = Duration::from_secs(20);

/// Time for the owner to leave the device at the end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// What is asked of the owner, how long it may take, and whether it can be asked twice.
#[derive(Clone, Copy)]
struct Question {
    what: &'static str,
    limit: Duration,
    repeatable: bool,
}

impl Question {
    const BIND: Self = Self::new("binding keys", 30, true);
    /// A YubiKey makes an RSA key in minutes.
    const GENERATE: Self = Self::new("making a key", 300, false);
    const DESTROY: Self = Self::new("destroying a key", 30, true);
    const INSPECT: Self = Self::new("describing a key", 30, true);
    const ATTEST: Self = Self::new("an attestation", 30, true);
    const UNLOCK: Self = Self::new("the PIN's verification", 30, false);
    const LOCK: Self = Self::new("forgetting the PIN", 30, true);
    const INFO: Self = Self::new("describing the device", 30, true);
    const CHANGE: Self = Self::new("setting a PIN, a PUK or a management key", 30, false);
    const CERTIFICATE: Self = Self::new("storing a certificate", 30, true);

    const fn new(what: &'static str, seconds: u64, repeatable: bool) -> Self {
        Self {
            what,
            limit: Duration::from_secs(seconds),
            repeatable,
        }
    }
}

/// A YubiKey.
pub struct PivKeystore {
    shared: Arc<Shared>,
    jobs: Sender<Job>,
}

impl PivKeystore {
    /// Starts to look for the device, and returns at once. `keys` are the enrolled keys that it must
    /// hold; `log` records every try of the PIN before it is made.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        settings: Settings,
        keys: Vec<Arc<BoundKey>>,
        log: Arc<dyn LoginLog>,
    ) -> std::io::Result<Arc<Self>> {
        let serial = settings.serial.to_string().parse();
        let serial = serial.map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared::new(settings, serial));
        let (jobs, waiting) = bounded(JOBS);
        let owner = Owner::new(Arc::clone(&shared), keys, log, waiting);
        std::thread::Builder::new()
            .name(shared.settings.name.to_string())
            .spawn(move || owner.run())?;
        Ok(Arc::new(Self { shared, jobs }))
    }

    async fn ask<T>(
        &self,
        question: Question,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<T, KeystoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(job(reply))?;
        match tokio::time::timeout(question.limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(self.shared.state_error()),
            Err(_) => {
                let Question {
                    what,
                    limit,
                    repeatable,
                } = question;
                Err(self.shared.late(what, limit, repeatable))
            }
        }
    }

    fn send(&self, job: Job) -> Result<(), KeystoreError> {
        self.jobs.try_send(job).map_err(|_| KeystoreError::Busy {
            keystore: self.shared.settings.name.clone(),
            queue: JOBS,
        })
    }

    /// Waits until the PIN that a key wants is in hand.
    async fn wait_for_pin(&self, key: &BoundKey, about: &About) -> Result<(), KeystoreError> {
        let limit = self.shared.settings.person_time;
        let (mut state, mut hand) = (self.shared.subscribe(), self.shared.hand.subscribe());
        let end = tokio::time::Instant::now() + limit;
        let mut wait = None;
        loop {
            state.borrow_and_update();
            hand.borrow_and_update();
            if let Some(obstacle) = self.shared.obstacle(key) {
                return Err(obstacle);
            }
            if !self.shared.needs_person(key, Some(about)) {
                return Ok(());
            }
            wait.get_or_insert_with(|| self.shared.wait(WaitKind::Pin, about, limit));
            tokio::select! {
                _ = state.changed() => {}
                _ = hand.changed() => {}
                () = tokio::time::sleep_until(end) => {
                    return Err(KeystoreError::Locked {
                        keystore: self.shared.settings.name.clone(),
                        why: format!("nobody typed its PIN within {} s", limit.as_secs()),
                    });
                }
            }
        }
    }
}

#[async_trait]
impl Keystore for PivKeystore {
    fn name(&self) -> &KeystoreName {
        &self.shared.settings.name
    }

    fn kind(&self) -> &'static str {
        "piv"
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
        // Not in the job, so that a full queue loses none.
        self.shared.to_bind(keys);
        self.ask(Question::BIND, Job::Bind).await
    }

    async fn destroy(&self, key: Arc<BoundKey>) -> Result<(), KeystoreError> {
        self.ask(Question::DESTROY, |reply| Job::Destroy(key, reply))
            .await
    }

    fn obstacle(&self, key: &BoundKey) -> Option<KeystoreError> {
        self.shared.obstacle(key)
    }

    fn needs_person(&self, key: &BoundKey) -> bool {
        self.shared.needs_person(key, None)
    }

    async fn attended(&self, key: &BoundKey, about: &About) -> Result<(), KeystoreError> {
        self.wait_for_pin(key, about).await
    }

    fn waiting(&self) -> watch::Receiver<Waits> {
        self.shared.waits.subscribe()
    }

    fn person_time(&self) -> Duration {
        // A PIN, another one where somebody else used the first, and a touch.
        self.shared.settings.person_time * 2 + TOUCH_TIME
    }

    async fn sign(&self, mut permit: SigningPermit) -> Result<RawSignature, KeystoreError> {
        loop {
            let (key, about) = (Arc::clone(permit.key()), permit.about().clone());
            self.wait_for_pin(&key, &about).await?;
            let limit = self.shared.settings.deadline + TOUCH_TIME;
            let end = Instant::now() + limit;
            let (reply, answer) = oneshot::channel();
            self.send(Job::Sign(permit, reply))?;
            match tokio::time::timeout_at(end.into(), answer).await {
                Ok(Ok(Signed::Done(signed))) => return signed,
                Ok(Ok(Signed::PinGone(back))) => permit = back,
                Ok(Err(_)) => return Err(self.shared.state_error()),
                Err(_) => return Err(self.shared.late("a signature", limit, true)),
            }
        }
    }

    async fn generate(&self, order: KeyOrder) -> Result<KeyDescription, KeystoreError> {
        self.ask(Question::GENERATE, |reply| Job::Generate(order, reply))
            .await
    }

    async fn import(
        &self,
        _name: KeyName,
        _key: PrivateKey,
    ) -> Result<KeyDescription, KeystoreError> {
        Err(KeystoreError::MechanismUnsupported {
            keystore: self.shared.settings.name.clone(),
            what:
                "way to take a private key from the agent: write it with `ykman piv keys import`, \
                   and enrol it with `privyseal key enroll`"
                    .to_owned(),
        })
    }

    async fn inspect(
        &self,
        name: KeyName,
        object_id: ObjectId,
    ) -> Result<KeyDescription, KeystoreError> {
        self.ask(Question::INSPECT, |reply| {
            Job::Inspect(name, object_id, reply)
        })
        .await
    }

    async fn attest(&self, key: Arc<BoundKey>) -> Result<Vec<Vec<u8>>, KeystoreError> {
        self.ask(Question::ATTEST, |reply| Job::Attest(key, reply))
            .await
    }

    fn device(&self) -> Option<&dyn Device> {
        Some(self)
    }

    async fn unlock(
        &self,
        pin: SecretString,
        only_for: Option<u64>,
        operator: Operator,
    ) -> Result<(), KeystoreError> {
        self.ask(Question::UNLOCK, |reply| {
            Job::Unlock(Pin::Typed(pin, only_for), operator, reply)
        })
        .await
    }

    async fn unlock_again(&self, operator: Operator) -> Result<(), KeystoreError> {
        self.ask(Question::UNLOCK, |reply| {
            Job::Unlock(Pin::Source, operator, reply)
        })
        .await
    }

    async fn lock(&self) -> Result<(), KeystoreError> {
        self.ask(Question::LOCK, Job::Lock).await
    }

    async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        if self.jobs.try_send(Job::Shutdown(Some(done))).is_ok() {
            let _ = tokio::time::timeout(SHUTDOWN, ended).await;
        }
    }
}

#[async_trait]
impl Device for PivKeystore {
    async fn info(&self) -> Result<DeviceInfo, KeystoreError> {
        self.ask(Question::INFO, Job::Info).await
    }

    async fn change_pin(
        &self,
        old: SecretString,
        new: SecretString,
        operator: Operator,
    ) -> Result<(), KeystoreError> {
        let secret = Secret::ChangePin(old, new, operator);
        self.ask(Question::CHANGE, |reply| Job::Secret(secret, reply))
            .await
    }

    async fn change_puk(&self, old: SecretString, new: SecretString) -> Result<(), KeystoreError> {
        let secret = Secret::ChangePuk(old, new);
        self.ask(Question::CHANGE, |reply| Job::Secret(secret, reply))
            .await
    }

    async fn unblock_pin(&self, puk: SecretString, new: SecretString) -> Result<(), KeystoreError> {
        let secret = Secret::UnblockPin(puk, new);
        self.ask(Question::CHANGE, |reply| Job::Secret(secret, reply))
            .await
    }

    async fn set_management_key(
        &self,
        access: Access,
        new: NewManagementKey,
    ) -> Result<(), KeystoreError> {
        self.ask(Question::CHANGE, |reply| {
            Job::SetManagementKey(access, new, reply)
        })
        .await
    }

    async fn import_certificate(
        &self,
        access: Access,
        slot: Slot,
        certificate: Vec<u8>,
    ) -> Result<(), KeystoreError> {
        self.ask(Question::CERTIFICATE, |reply| {
            Job::ImportCertificate(access, slot, certificate, reply)
        })
        .await
    }
}

impl Drop for PivKeystore {
    fn drop(&mut self) {
        let _ = self.jobs.try_send(Job::Shutdown(None));
    }
}
