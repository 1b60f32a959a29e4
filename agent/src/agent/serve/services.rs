//! Which services are served where.

use privyseal_proto::{
    notary::{key_management_server::KeyManagementServer, signer_server::SignerServer},
    v1::{
        DESCRIPTORS, admin_server::AdminServer, keys_server::KeysServer,
        ledger_server::LedgerServer, signing_server::SigningServer,
    },
};
use tonic::service::Routes;

use super::{AgentError, health::Health};
use crate::{
    config::Serves,
    service::{
        AdminService, Desk, KeysService, LedgerService, NotaryKeysService, NotarySignerService,
        SigningService,
    },
};

/// What a message has besides the document.
const ENVELOPE: usize = 64 * 1024;

/// The services, each set with its health.
pub(super) struct Services {
    privyseal: Routes,
    notary: Routes,
}

impl Services {
    /// At this desk.
    pub(super) fn new(desk: &Desk) -> (Self, Health) {
        let document = desk.house().config.limits.document_bytes;
        let message = document.saturating_add(ENVELOPE);
        let signing = SigningServer::new(SigningService::new(desk.clone()));
        // Enrolling a repository carries all its roots.
        let admin = AdminServer::new(AdminService::new(desk.clone()))
            .max_decoding_message_size(message.saturating_mul(4));
        let (health, [beside_privyseal, beside_notary]) = Health::new();
        let privyseal = Routes::new(beside_privyseal)
            .add_service(signing.max_decoding_message_size(message))
            .add_service(KeysServer::new(KeysService::new(desk.clone())))
            .add_service(LedgerServer::new(LedgerService::new(desk.clone())))
            .add_service(admin);
        // What notary-server calls, and nothing of privyseal.v1.
        let signer = SignerServer::new(NotarySignerService::new(desk.clone()));
        let notary = Routes::new(beside_notary)
            .add_service(KeyManagementServer::new(NotaryKeysService::new(
                desk.clone(),
            )))
            .add_service(signer.max_decoding_message_size(message));
        (Self { privyseal, notary }, health)
    }

    /// For callers over TCP: no reflection.
    pub(super) fn of(&self, serves: Serves) -> Routes {
        match serves {
            Serves::Privyseal => self.privyseal.clone(),
            Serves::Notary => self.notary.clone(),
        }
    }

    /// For local callers: `privyseal.v1`, with reflection.
    pub(super) fn local(&self) -> Result<Routes, AgentError> {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .map_err(|error| AgentError::System {
                what: "can't describe the services",
                source: std::io::Error::other(error),
            })?;
        Ok(self.privyseal.clone().add_service(reflection))
    }
}
