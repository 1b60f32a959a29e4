//! Raw gRPC: for requests that the client would never send, and answers as they stand on the wire.

mod refusal;

use std::path::Path;
use std::sync::Arc;

use privyseal_proto::v1::admin_client::AdminClient;
use privyseal_proto::v1::keys_client::KeysClient;
use privyseal_proto::v1::ledger_client::LedgerClient;
use privyseal_proto::v1::signing_client::SigningClient;
use privyseal_proto::v1::{
    CertifyReply, CertifyRequest, CheckpointReply, CheckpointRequest, EnrollKeyRequest,
    EnrollRepositoryReply, EnrollRepositoryRequest, GenerateKeyRequest, HeadReply, HeadRequest,
    Key, KeystoreStatus, LedgerRecord, LineageRef, LineageReply, LineageRequest, ListKeysRequest,
    LockRequest, ObserveReply, ObserveRequest, ProveReply, ProveRequest, RecordsRequest, SignEvent,
    SignRequest, Signed, StatusReply, StatusRequest, SupersedeReply, SupersedeRequest,
    UnlockRequest, certify_event, sign_event::Event,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub use self::refusal::Refusal;
use crate::setup::AUTHORITY;

/// The longest answer that these clients read; longer than the agent's.
const ANSWER: usize = 256 * 1024 * 1024;

/// A connection to an agent, for tests without async. May be cloned and used in threads.
#[derive(Debug, Clone)]
pub struct Rpc {
    runtime: Arc<Runtime>,
    channel: Channel,
}

/// What an agent answered.
pub type Answer<T> = Result<T, Refusal>;

impl Rpc {
    /// Connects, where somebody listens.
    #[must_use]
    pub fn try_connect(socket: &Path) -> Option<Self> {
        let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display())).unwrap();
        Self::try_endpoint(&endpoint).ok()
    }

    /// Connects to any endpoint.
    pub fn try_endpoint(endpoint: &Endpoint) -> Result<Self, tonic::transport::Error> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let channel = runtime.block_on(endpoint.connect())?;
        Ok(Self {
            runtime: Arc::new(runtime),
            channel,
        })
    }

    /// The connection, for services that have no method here.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Waits for a call.
    pub fn wait<T>(&self, call: impl Future<Output = Result<Response<T>, Status>>) -> Answer<T> {
        let answer = self.runtime.block_on(call);
        answer.map(Response::into_inner).map_err(Refusal::from)
    }

    /// Waits for anything else.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Has it done while the test goes on.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// The service that signs.
    #[must_use]
    pub fn signing(&self) -> SigningClient<Channel> {
        let client = SigningClient::new(self.channel());
        client.max_decoding_message_size(ANSWER)
    }

    /// The service that lists and makes keys.
    #[must_use]
    pub fn keys_service(&self) -> KeysClient<Channel> {
        KeysClient::new(self.channel())
    }

    /// The service for operators.
    #[must_use]
    pub fn admin(&self) -> AdminClient<Channel> {
        AdminClient::new(self.channel())
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> LedgerClient<Channel> {
        LedgerClient::new(self.channel())
    }

    /// Signing.Sign: the last event of the stream, which the plain case has one of.
    pub fn sign(&self, request: SignRequest) -> Answer<Signed> {
        let mut client = self.signing();
        let answer = self.runtime.block_on(async move {
            let mut events = client.sign(request).await?.into_inner();
            let mut last = None;
            while let Some(event) = events.next().await {
                last = Some(event?);
            }
            last.ok_or_else(|| Status::data_loss("the stream had no event"))
        });
        signed(answer?)
    }

    /// Signing.SignMany: every answer, in the order of the requests' ids.
    pub fn sign_many(&self, requests: Vec<SignRequest>) -> Answer<Vec<Answer<Signed>>> {
        let mut client = self.signing();
        let events = self.runtime.block_on(async move {
            let stream = client.sign_many(tokio_stream::iter(requests)).await?;
            stream.into_inner().collect::<Result<Vec<_>, _>>().await
        });
        let mut events = events?;
        events.sort_by_key(|event| event.id);
        Ok(events.into_iter().map(signed).collect())
    }

    /// Signing.Observe.
    pub fn observe(&self, request: ObserveRequest) -> Answer<ObserveReply> {
        self.wait(self.signing().observe(request))
    }

    /// Signing.Lineage: the four roles.
    pub fn lineage(&self, lineage: &LineageRef) -> Answer<LineageReply> {
        self.lineage_with(lineage, &[])
    }

    /// Signing.Lineage: the four roles, and these delegated ones.
    pub fn lineage_with(&self, lineage: &LineageRef, roles: &[&str]) -> Answer<LineageReply> {
        self.wait(self.signing().lineage(LineageRequest {
            lineage: Some(lineage.clone()),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        }))
    }

    /// Keys.List.
    pub fn keys(&self) -> Answer<Vec<Key>> {
        let reply = self.wait(self.keys_service().list(ListKeysRequest {}))?;
        Ok(reply.keys)
    }

    /// Keys.Generate in [`AUTHORITY`], in the keystore `hsm`.
    pub fn generate(&self, name: &str, algorithm: &str, repository: &str) -> Answer<Key> {
        self.generate_in("hsm", name, algorithm, repository)
    }

    /// Keys.Generate in [`AUTHORITY`].
    pub fn generate_in(
        &self,
        keystore: &str,
        name: &str,
        algorithm: &str,
        repository: &str,
    ) -> Answer<Key> {
        self.generate_as(GenerateKeyRequest {
            keystore: keystore.to_owned(),
            name: name.to_owned(),
            algorithm: algorithm.to_owned(),
            purpose: "tuf".to_owned(),
            authority: AUTHORITY.to_owned(),
            repository: repository.to_owned(),
            ..GenerateKeyRequest::default()
        })
    }

    /// Keys.Generate.
    pub fn generate_as(&self, request: GenerateKeyRequest) -> Answer<Key> {
        self.wait(self.keys_service().generate(request))
    }

    /// Keys.Certify, of a key for which nobody is waited for.
    pub fn certify(&self, request: CertifyRequest) -> Answer<CertifyReply> {
        let mut client = self.keys_service();
        let event = self.runtime.block_on(async move {
            let mut events = client.certify(request).await?.into_inner();
            events.message().await
        });
        match event?.and_then(|event| event.event) {
            Some(certify_event::Event::Certified(reply)) => Ok(reply),
            other => panic!("no certificate: {other:?}"),
        }
    }

    /// Keys.Enroll.
    pub fn enroll_key(&self, request: EnrollKeyRequest) -> Answer<Key> {
        self.wait(self.keys_service().enroll(request))
    }

    /// Admin.Status.
    pub fn try_status(&self) -> Answer<StatusReply> {
        self.wait(self.admin().status(StatusRequest {}))
    }

    /// Admin.Unlock with a typed PIN.
    pub fn unlock(&self, keystore: &str, pin: &str) -> Answer<KeystoreStatus> {
        self.unlock_as(UnlockRequest {
            keystore: keystore.to_owned(),
            pin: pin.to_owned(),
            ..UnlockRequest::default()
        })
    }

    /// Admin.Unlock.
    pub fn unlock_as(&self, request: UnlockRequest) -> Answer<KeystoreStatus> {
        let reply = self.wait(self.admin().unlock(request))?;
        Ok(reply.keystore.expect("the keystore's state"))
    }

    /// Admin.Lock.
    pub fn lock(&self, keystore: &str) -> Answer<KeystoreStatus> {
        let request = LockRequest {
            keystore: keystore.to_owned(),
        };
        let reply = self.wait(self.admin().lock(request))?;
        Ok(reply.keystore.expect("the keystore's state"))
    }

    /// Admin.EnrollRepository.
    pub fn enroll_repository(
        &self,
        request: EnrollRepositoryRequest,
    ) -> Answer<EnrollRepositoryReply> {
        self.wait(self.admin().enroll_repository(request))
    }

    /// Admin.Supersede.
    pub fn supersede(&self, request: SupersedeRequest) -> Answer<SupersedeReply> {
        self.wait(self.admin().supersede(request))
    }

    /// What the health service says of a service.
    pub fn health(&self, service: &str) -> Answer<ServingStatus> {
        let mut client = HealthClient::new(self.channel());
        let service = service.to_owned();
        let reply = self.wait(client.check(HealthCheckRequest { service }))?;
        Ok(reply.status())
    }

    /// Ledger.Head.
    pub fn head(&self, since: u64) -> Answer<HeadReply> {
        self.wait(self.ledger().head(HeadRequest { since }))
    }

    /// Ledger.Prove.
    pub fn prove(&self, index: u64, size: u64) -> Answer<ProveReply> {
        self.wait(self.ledger().prove(ProveRequest { index, size }))
    }

    /// Ledger.Checkpoint.
    pub fn checkpoint(&self) -> Answer<CheckpointReply> {
        self.wait(self.ledger().checkpoint(CheckpointRequest {}))
    }

    /// Ledger.Records, all of them.
    pub fn records(&self) -> Answer<Vec<LedgerRecord>> {
        let mut client = self.ledger();
        let records = self.runtime.block_on(async move {
            let request = RecordsRequest { first: 0, count: 0 };
            let stream = client.records(request).await?;
            stream.into_inner().collect::<Result<Vec<_>, _>>().await
        });
        Ok(records?)
    }
}

fn signed(event: SignEvent) -> Answer<Signed> {
    match event.event.expect("an event says what happened") {
        Event::Signed(signed) => Ok(signed),
        Event::Refused(refused) => Err(refused.into()),
        Event::Waiting(waiting) => panic!("nobody is there for {waiting:?}"),
    }
}
