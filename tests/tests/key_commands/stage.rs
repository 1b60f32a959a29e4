//! An agent that signs for a notary-server, and the client of its operator.

use privyseal_proto::notary::key_management_client::KeyManagementClient;
use privyseal_proto::notary::signer_client::SignerClient;
use privyseal_proto::notary::{CreateKeyRequest, KeyId, SignatureRequest};
use privyseal_proto::v1::Key;
use privyseal_tests::certificates::San;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::metadata::in_days;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::terminal::Terminal;
use privyseal_tests::tls_stage::TlsStage;
use serde_json::Value;

const SERVER: &str = "notary-server.example.test";
const HASH: &str = "Fd1R4Ir5VIhPvcIMnmbPSQdvdCIHAUqv/HinehGPLQg=";

/// The agent listens for a notary-server alone; its operator comes over the Unix socket.
pub(crate) struct Stage {
    pub(crate) tls: TlsStage,
    pub(crate) operator: Client,
    server: Rpc,
}

impl Stage {
    /// Says that the test is skipped where there is no SoftHSM2.
    pub(crate) fn new() -> Option<Self> {
        let tls = TlsStage::with("serves = \"notary\"", |_, _, setup| {
            setup.section(&format!(
                "[[notary]]\ncallers = [\"dns:{SERVER}\"]\nauthority = \"{AUTHORITY}\"\n\
                 repositories = [\"reg.test/**\"]\nkeystore = \"hsm\"\nunused_keys = 1000\n"
            ))
        })?;
        let credential = tls.callers.client("server", &[San::Dns(SERVER)]);
        Some(Self {
            server: tls.rpc(&credential),
            operator: tls.stage.client("operator"),
            tls,
        })
    }

    /// Has a key made for a repository; returns its name.
    pub(crate) fn key(&self, repository: &str, role: &str) -> String {
        let id = self.create(repository, role);
        self.listed(&id).name
    }

    /// Has a key made that signs these versions; returns its name.
    pub(crate) fn used(&self, repository: &str, role: &str, versions: &[u64]) -> String {
        let id = self.create(repository, role);
        for version in versions {
            self.try_sign(&id, *version).unwrap();
        }
        self.listed(&id).name
    }

    /// Signs a timestamp of this version, or says why not.
    pub(crate) fn sign(&self, name: &str, version: u64) -> Result<(), String> {
        let keys = self.tls.stage.rpc().keys().unwrap();
        let key = keys.into_iter().find(|key| key.name == name).unwrap();
        self.try_sign(&key.keyid, version)
    }

    fn create(&self, repository: &str, role: &str) -> String {
        let mut service = KeyManagementClient::new(self.server.channel());
        let made = self.server.wait(service.create_key(CreateKeyRequest {
            algorithm: "ecdsa".to_owned(),
            gun: repository.to_owned(),
            role: role.to_owned(),
        }));
        made.unwrap().key_info.unwrap().key_id.unwrap().id
    }

    fn try_sign(&self, id: &str, version: u64) -> Result<(), String> {
        let entry = format!("{{\"hashes\":{{\"sha256\":\"{HASH}\"}},\"length\":{version}}}");
        let expires = in_days(14);
        let content = format!(
            "{{\"_type\":\"Timestamp\",\"expires\":\"{expires}\",\"meta\":{{\"snapshot\":{entry}}},\
             \"version\":{version}}}"
        );
        let mut service = SignerClient::new(self.server.channel());
        let signed = self.server.wait(service.sign(SignatureRequest {
            key_id: Some(KeyId { id: id.to_owned() }),
            content: content.into_bytes(),
        }));
        signed.map(drop).map_err(|refusal| refusal.reason)
    }

    fn listed(&self, id: &str) -> Key {
        let keys = self.tls.stage.rpc().keys().unwrap();
        keys.into_iter().find(|key| key.keyid == id).unwrap()
    }

    /// The names that `key list` shows with these words.
    pub(crate) fn names(&self, words: &str) -> Vec<String> {
        let shown = self.operator.ok(&format!("key list --json {words}"));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let keys = shown.as_array().unwrap().iter();
        keys.map(|key| key["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Runs a command on a terminal, where somebody answers `question` with `line`; none where there is
/// no terminal.
pub(crate) fn on_terminal(
    client: &Client,
    words: &str,
    question: &str,
    line: &str,
) -> Option<Answer> {
    let mut terminal = Terminal::start(client, words)?;
    terminal.shows(question);
    terminal.types(line);
    Some(terminal.ends())
}
