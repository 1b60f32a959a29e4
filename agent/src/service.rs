//! The gRPC services: they read requests, walk the corridor, and write answers.

mod admin;
mod attestation;
mod device;
mod keys;
mod ledger;
mod notary;
mod signing;
pub mod status;
mod waiting;
mod yubikeys;

use std::{future::Future, sync::Arc, time::Duration};

use parking_lot::RwLock;
use tokio::sync::watch;
use tonic::{Request, Status};

pub use self::{
    admin::AdminService,
    keys::KeysService,
    ledger::LedgerService,
    notary::{NotaryKeysService, NotarySignerService},
    signing::SigningService,
    yubikeys::YubiKeysService,
};
use crate::{
    caller::Caller,
    config::Config,
    corridor::House,
    denial::{Denial, Reason},
    fault::{Fault, Stop},
    listen::{Crowd, Place, Rank},
    refusals::RefusalSums,
};

/// What every service needs.
#[derive(Clone)]
pub struct Desk {
    /// The config, ledger and keystores. The config changes when the agent is told to read it again.
    house: Arc<RwLock<House>>,
    /// Refusals, until they are recorded.
    pub refusals: Arc<RefusalSums>,
    /// Requests in flight.
    pub requests: Arc<Crowd>,
    /// When the agent started, unix time in seconds.
    pub started: i64,
    /// Is the agent to stop?
    stopping: Arc<watch::Sender<bool>>,
}

impl Desk {
    /// A desk with this house, and places for as many requests as its config says.
    #[must_use]
    pub fn new(house: House, started: i64) -> Self {
        let requests = Crowd::requests(&house.config.limits);
        Self {
            house: Arc::new(RwLock::new(house)),
            refusals: Arc::default(),
            requests,
            started,
            stopping: Arc::default(),
        }
    }

    /// The house as it is now. One request works with one house from its beginning to its end; where a
    /// person is waited for, it takes the house anew.
    #[must_use]
    pub fn house(&self) -> House {
        self.house.read().clone()
    }

    /// From now on requests meet this config.
    pub fn set_config(&self, config: Arc<Config>) {
        self.house.write().config = config;
    }

    /// Ends what would go on until its caller leaves, and takes no more connections.
    pub(crate) fn announce_stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the agent is to stop.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stopping.subscribe();
        async move { drop(stopping.wait_for(|stopping| *stopping).await) }
    }

    /// Who asks. A connection whose caller is not known gets nothing.
    fn caller<T>(request: &Request<T>) -> Result<Arc<Caller>, Status> {
        let caller = request.extensions().get::<Arc<Caller>>();
        caller.cloned().ok_or_else(|| {
            let message = "the connection does not say who the caller is";
            status::from_denial(&Denial::new(Reason::NoGrant, message))
        })
    }

    /// Runs `work` within the limits on requests and time, and turns a stop into a status.
    async fn answer<T>(
        &self,
        caller: &Arc<Caller>,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Status> {
        self.answer_with_key(caller, "", work).await
    }

    /// As [`Desk::answer`], for work with the key of this name: the time in which a person may do what
    /// its keystore asks comes on top.
    async fn answer_with_key<T>(
        &self,
        caller: &Arc<Caller>,
        key: &str,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Status> {
        let house = self.house();
        let limit = house.config.limits.request_time;
        let key = key.parse().ok();
        let key = key.and_then(|name| house.ledger.memory().key(&name));
        let holder = key.and_then(|key| house.keystores.of(&key.bound.keystore));
        let person = holder.map_or(Duration::ZERO, |holder| holder.keystore.person_time());
        let in_time = async {
            tokio::time::timeout(limit.duration() + person, work)
                .await
                .unwrap_or_else(|_| {
                    let message = format!("no answer within {limit}");
                    Err(Denial::new(Reason::RequestTimeout, message).into())
                })
        };
        self.answer_at_leisure(caller, in_time).await
    }

    /// As [`Desk::answer`], for what the keystores limit themselves: a token makes an RSA key or
    /// looks at a PIN as slowly as it likes.
    async fn answer_at_leisure<T>(
        &self,
        caller: &Arc<Caller>,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Status> {
        let _place = self.enter(caller)?;
        work.await.map_err(|stop| self.stop(caller, &stop))
    }

    /// A place among the requests, for a caller whose certificate stands.
    fn enter(&self, caller: &Arc<Caller>) -> Result<Place, Status> {
        let rank = Rank::of(caller, &self.house.read().config.grants);
        let enter = || self.requests.enter(caller, rank);
        let admitted = caller.stands().and_then(|()| enter());
        admitted.map_err(|denial| self.refuse(caller, &denial))
    }

    /// Counts a denial, and makes a status of it.
    pub(crate) fn refuse(&self, caller: &Arc<Caller>, denial: &Denial) -> Status {
        let grants = &self.house().config.grants;
        self.refusals.count(grants, caller, denial);
        status::from_denial(denial)
    }

    /// Counts a denial, logs a fault, and makes a status of either.
    fn stop(&self, caller: &Arc<Caller>, stop: &Stop) -> Status {
        match stop {
            Stop::Denied(denial) => self.refuse(caller, denial),
            Stop::Failed(fault) => {
                let (caller, reason) = (caller.name(), fault.reason());
                match fault {
                    // Told once, when the keystore's state or the ledger's changed.
                    Fault::Keystore(_) | Fault::Ledger(_) => {
                        tracing::debug!(caller, reason, "failed: {fault}");
                    }
                    Fault::BadSignature { .. } => tracing::error!(caller, reason, "{fault}"),
                }
                status::from_fault(fault)
            }
        }
    }
}
