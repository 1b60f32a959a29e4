//! Health (grpc.health.v1): can anything be signed?

use privyseal_proto::v1::signing_server::SigningServer;
use tonic::server::NamedService;
use tonic_health::{
    ServingStatus,
    pb::health_server::{self, HealthServer},
    server::{HealthReporter, health_reporter},
};

use crate::service::SigningService;

/// The names that notary-server asks for: notary's signer names its services after this one.
const NOTARY: [&str; 2] = [
    "grpc.health.v1.Health.KeyManagement",
    "grpc.health.v1.Health.Signer",
];

/// The longest request, in bytes: it has the name of a service.
const REQUEST: usize = 1024;

/// What is told under which names.
pub(in crate::agent) struct Health {
    privyseal: HealthReporter,
    notary: HealthReporter,
}

/// A service that tells it.
pub(super) type Service<H> = HealthServer<H>;

impl Health {
    /// With the services that tell it: the one beside `privyseal.v1`, and the one beside notary's.
    pub(super) fn new() -> (Self, [Service<impl health_server::Health>; 2]) {
        let (privyseal, beside_privyseal) = health_reporter();
        let (notary, beside_notary) = health_reporter();
        let health = Self { privyseal, notary };
        let short = |service: Service<_>| service.max_decoding_message_size(REQUEST);
        (health, [short(beside_privyseal), short(beside_notary)])
    }

    /// Tells whether the ledger takes records and a keystore is ready.
    pub(in crate::agent) async fn set(&self, can_sign: bool) {
        let status = match can_sign {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        let signing = SigningServer::<SigningService>::NAME;
        self.privyseal.set_service_status(signing, status).await;
        for name in NOTARY {
            self.notary.set_service_status(name, status).await;
        }
    }
}
