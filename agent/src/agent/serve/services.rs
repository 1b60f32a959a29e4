//! Which services are served where.

use privyseal_proto::{
    notary::{key_management_server::KeyManagementServer, signer_server::SignerServer},
    v1::{
        DESCRIPTORS, admin_server::AdminServer, keys_server::KeysServer,
        ledger_server::LedgerServer, signing_server::SigningServer,
        yubi_keys_server::YubiKeysServer,
    },
};
use tonic::service::Routes;

use super::{AgentError, health::Health};
use crate::{
    config::Serves,
    listen::{Crowd, ENVELOPE},
    service::{
        AdminService, Desk, KeysService, LedgerService, NotaryKeysService, NotarySignerService,
        SigningService, YubiKeysService,
    },
};

/// The longest message without a document.
const SHORT: usize = ENVELOPE as usize;

/// The services, each set with its health.
pub(super) struct Services {
    privyseal: Routes,
    notary: Routes,
}

impl Services {
    /// At this desk.
    pub(super) fn new(desk: &Desk) -> (Self, Health) {
        let [message, enrolment] = Crowd::messages(&desk.house().config.limits);
        let signing = SigningServer::new(SigningService::new(desk.clone()));
        let keys = KeysServer::new(KeysService::new(desk.clone()));
        let ledger = LedgerServer::new(LedgerService::new(desk.clone()));
        let admin = AdminServer::new(AdminService::new(desk.clone()));
        let yubikeys = YubiKeysServer::new(YubiKeysService::new(desk.clone()));
        let (health, [beside_privyseal, beside_notary]) = Health::new();
        let privyseal = Routes::new(beside_privyseal)
            .add_service(signing.max_decoding_message_size(message))
            .add_service(keys.max_decoding_message_size(SHORT))
            .add_service(yubikeys.max_decoding_message_size(SHORT))
            .add_service(ledger.max_decoding_message_size(SHORT))
            .add_service(admin.max_decoding_message_size(enrolment));
        // What notary-server calls, and nothing of privyseal.v1.
        let signer = SignerServer::new(NotarySignerService::new(desk.clone()));
        let keys = KeyManagementServer::new(NotaryKeysService::new(desk.clone()));
        let notary = Routes::new(beside_notary)
            .add_service(keys.max_decoding_message_size(SHORT))
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
