//! An agent with a `[[listen]]` for notary, two notary-servers, and somebody else.

use privyseal_proto::ledger::v1::NotaryDecision;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::notary::key_management_client::KeyManagementClient;
use privyseal_proto::notary::signer_client::SignerClient;
use privyseal_proto::notary::{
    CreateKeyRequest, GetKeyInfoResponse, KeyId, PublicKey, Signature, SignatureRequest, Void,
};
use privyseal_proto::v1::{
    AcceptRestoredReply, AcceptRestoredRequest, Key, RemoveKeyReply, RemoveKeyRequest,
};
use privyseal_tests::certificates::San;
use privyseal_tests::records;
use privyseal_tests::require::SOFTHSM;
use privyseal_tests::rpc::{Answer, Refusal, Rpc};
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::shim::Shim;
use privyseal_tests::tls_stage::TlsStage;
use prost::Message;
use tonic::Code;

/// A notary-server that may have keys of [`GUN`] and all below `reg.example.test`.
const SERVER: &str = "notary-server.example.test";

/// Another, of `other.example.test`, with snapshot keys alone.
const OTHER: &str = "notary.other.example.test";

/// A repository of the first.
pub(crate) const GUN: &str = "reg.example.test/team/app";

/// A repository of the second.
pub(crate) const OTHER_GUN: &str = "other.example.test/app";

/// As many unused keys may be there.
pub(crate) const UNUSED: u32 = 4;

/// An agent, and what its token is asked.
pub(crate) struct Stage {
    pub(crate) tls: TlsStage,
    pub(crate) shim: Shim,
}

/// A caller of notary's API.
#[derive(Clone)]
pub(crate) struct Caller(Rpc);

impl Stage {
    /// Says that the test is skipped where there is no SoftHSM2.
    pub(crate) fn new() -> Option<Self> {
        Self::with(|_| ())
    }

    /// As [`Self::new`], in a sandbox that was prepared.
    pub(crate) fn with(prepare: impl FnOnce(&Sandbox)) -> Option<Self> {
        let mut shim = None;
        let tls = TlsStage::with("serves = \"notary\"", |sandbox, _, setup| {
            prepare(sandbox);
            let made = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
            let setup = setup
                .shim(&made)
                .section(&table(SERVER, "reg.example.test/**", ""))
                .section(&table(
                    OTHER,
                    "other.example.test/**",
                    "roles = [\"snapshot\"]",
                ));
            shim = Some(made);
            setup
        })?;
        let shim = shim?;
        Some(Self { tls, shim })
    }

    /// The notary-server of [`GUN`].
    pub(crate) fn server(&self) -> Caller {
        self.named(SERVER)
    }

    /// The notary-server of [`OTHER_GUN`].
    pub(crate) fn other(&self) -> Caller {
        self.named(OTHER)
    }

    /// Somebody with this DNS name.
    pub(crate) fn named(&self, name: &str) -> Caller {
        let file = name.replace('.', "-");
        let credential = self.tls.callers.client(&file, &[San::Dns(name)]);
        Caller(self.tls.rpc(&credential))
    }

    /// The operator, over the Unix socket.
    pub(crate) fn operator(&self) -> Rpc {
        self.tls.stage.rpc()
    }

    /// Stops the agent and starts it again.
    pub(crate) fn restart(&mut self) {
        self.tls.stage.agent.restart();
    }

    /// Changes the agent's config, which it reads at its next start.
    pub(crate) fn configure(&mut self, change: impl FnOnce(Setup) -> Setup) {
        self.tls.stage.agent.configure(change);
    }

    /// Calls of the token since it was loaded, of the functions whose names begin so.
    pub(crate) fn calls(&self, beginning: &str) -> u64 {
        self.shim.calls(beginning).unwrap()
    }

    /// What the agent decided to sign for notary-servers.
    pub(crate) fn decisions(&self) -> Vec<NotaryDecision> {
        let events = records::events(&self.operator()).into_iter();
        let decisions = events.filter_map(|event| match event {
            Event::NotaryDecision(decision) => Some(decision),
            _ => None,
        });
        decisions.collect()
    }

    /// What an operator sees of the key with this id.
    pub(crate) fn listed(&self, id: &str) -> Option<Key> {
        let keys = self.operator().keys().unwrap();
        keys.into_iter().find(|key| key.keyid == id)
    }

    pub(crate) fn remove(&self, name: &str) -> Answer<RemoveKeyReply> {
        remove(&self.operator(), name)
    }

    /// An operator accepts a restored database.
    pub(crate) fn restored(&self, repositories: &str) -> Answer<AcceptRestoredReply> {
        let request = AcceptRestoredRequest {
            authority: AUTHORITY.to_owned(),
            repositories: repositories.to_owned(),
            reason: "the disk broke".to_owned(),
        };
        let rpc = self.operator();
        rpc.wait(rpc.admin().accept_restored(request))
    }

    /// Holds the whole ledger against its hashes and signatures.
    pub(crate) fn audit(mut self) {
        let client = self.tls.stage.client("auditor");
        client.ok("ledger verify");
        // What is being written while its file is read looks like damage.
        let agent = &mut self.tls.stage.agent;
        assert!(agent.stop().success());
        let (ledger, genesis) = (agent.ledger(), agent.genesis());
        client.ok(&format!(
            "ledger verify --directory {} --genesis {genesis}",
            ledger.display()
        ));
    }
}

pub(crate) fn remove(rpc: &Rpc, name: &str) -> Answer<RemoveKeyReply> {
    remove_as(rpc, name, false)
}

/// Removes a key that never signed.
pub(crate) fn remove_unused(rpc: &Rpc, name: &str) -> Answer<RemoveKeyReply> {
    remove_as(rpc, name, true)
}

fn remove_as(rpc: &Rpc, name: &str, unused: bool) -> Answer<RemoveKeyReply> {
    let request = RemoveKeyRequest {
        name: name.to_owned(),
        unused,
    };
    rpc.wait(rpc.keys_service().remove(request))
}

fn table(caller: &str, repositories: &str, lines: &str) -> String {
    format!(
        "[[notary]]\ncallers = [\"dns:{caller}\"]\nauthority = \"{AUTHORITY}\"\n\
         repositories = [\"{repositories}\"]\nkeystore = \"hsm\"\nunused_keys = {UNUSED}\n{lines}\n"
    )
}

impl Caller {
    /// Its connection.
    pub(crate) fn rpc(&self) -> &Rpc {
        &self.0
    }

    fn keys(&self) -> KeyManagementClient<tonic::transport::Channel> {
        KeyManagementClient::new(self.0.channel())
    }

    pub(crate) fn create(&self, gun: &str, role: &str, algorithm: &str) -> Answer<PublicKey> {
        self.0.wait(self.keys().create_key(CreateKeyRequest {
            algorithm: algorithm.to_owned(),
            gun: gun.to_owned(),
            role: role.to_owned(),
        }))
    }

    /// The id of an ECDSA key of [`GUN`].
    pub(crate) fn key(&self, role: &str) -> String {
        id_of(&self.create(GUN, role, "ecdsa").unwrap())
    }

    pub(crate) fn info(&self, id: &str) -> Answer<GetKeyInfoResponse> {
        self.0.wait(self.keys().get_key_info(key_id(id)))
    }

    pub(crate) fn delete(&self, id: &str) -> Answer<Void> {
        self.0.wait(self.keys().delete_key(key_id(id)))
    }

    pub(crate) fn sign(&self, id: &str, content: &[u8]) -> Answer<Signature> {
        let request = SignatureRequest {
            key_id: Some(key_id(id)),
            content: content.to_vec(),
        };
        self.sign_as(request)
    }

    pub(crate) fn sign_as(&self, request: SignatureRequest) -> Answer<Signature> {
        let mut client = SignerClient::new(self.0.channel());
        self.0.wait(client.sign(request))
    }

    /// The codes of a refused signature. Its text, which is all that notary-server hands on, must
    /// have the remedy and the reason code; Go takes it from the details, others from the header.
    pub(crate) fn refused(&self, id: &str, content: &[u8]) -> (Code, String) {
        let request = SignatureRequest {
            key_id: Some(key_id(id)),
            content: content.to_vec(),
        };
        let mut client = SignerClient::new(self.0.channel());
        let status = self.0.block_on(client.sign(request)).unwrap_err();
        let details = tonic_types::pb::Status::decode(status.details()).unwrap();
        assert_eq!(details.message, status.message());
        let refusal = Refusal::from(status);
        let (message, reason) = (&refusal.message, &refusal.reason);
        assert!(message.contains(&refusal.remedy), "{refusal:?}");
        assert!(message.ends_with(&format!("[{reason}]")), "{refusal:?}");
        (refusal.code, refusal.reason)
    }
}

pub(crate) fn id_of(key: &PublicKey) -> String {
    let info = key.key_info.clone().unwrap();
    info.key_id.unwrap().id
}

fn key_id(id: &str) -> KeyId {
    KeyId { id: id.to_owned() }
}
