//! The gRPC services: they read requests, walk the corridor, and write answers.

mod admin;
mod keys;
mod ledger;
mod signing;
pub mod status;

use std::{future::Future, sync::Arc};

use tokio::sync::Semaphore;
use tonic::{Request, Status};

pub use self::{
    admin::AdminService, keys::KeysService, ledger::LedgerService, signing::SigningService,
};
use crate::{
    caller::Caller,
    corridor::House,
    denial::{Denial, Reason},
    fault::Stop,
    refusals::RefusalSums,
};

/// What every service needs.
#[derive(Clone)]
pub struct Desk {
    /// The config, ledger and keystores.
    pub house: House,
    /// Refusals, until they are recorded.
    pub refusals: Arc<RefusalSums>,
    /// Requests in flight.
    pub slots: Arc<Semaphore>,
    /// When the agent started, unix time in seconds.
    pub started: i64,
}

impl Desk {
    /// Who asks. A connection whose caller is not known gets nothing.
    fn caller<T>(request: &Request<T>) -> Result<Arc<Caller>, Status> {
        let caller = request.extensions().get::<Arc<Caller>>();
        caller
            .cloned()
            .ok_or_else(|| Status::unauthenticated("the caller is not known"))
    }

    /// Runs `work` within the limits on requests and time, and turns a stop into a status.
    async fn answer<T>(
        &self,
        caller: &Arc<Caller>,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Status> {
        let limits = self.house.config.limits;
        let Ok(_slot) = self.slots.try_acquire() else {
            let message = format!("{} requests are in flight", limits.requests);
            return Err(self.stop(
                caller,
                &Denial::new(Reason::TooManyRequests, message).into(),
            ));
        };
        match tokio::time::timeout(limits.request_time.duration(), work).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(stop)) => Err(self.stop(caller, &stop)),
            Err(_) => {
                let message = format!("no answer within {}", limits.request_time);
                Err(self.stop(caller, &Denial::new(Reason::RequestTimeout, message).into()))
            }
        }
    }

    /// Counts a denial, logs a fault, and makes a status of either.
    fn stop(&self, caller: &Arc<Caller>, stop: &Stop) -> Status {
        match stop {
            Stop::Denied(denial) => {
                self.refusals
                    .count(&self.house.config.grants, caller, denial);
                status::from_denial(denial)
            }
            Stop::Failed(fault) => {
                tracing::warn!(
                    caller = caller.name(),
                    reason = fault.reason(),
                    "failed: {fault}"
                );
                status::from_fault(fault)
            }
        }
    }
}
