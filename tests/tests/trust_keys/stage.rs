//! An agent with an authority of images, its operator, and a caller with grants.

use std::fs;

use privyseal_proto::v1::certify_request::Kind;
use privyseal_proto::v1::{
    CertifyReply, CertifyRequest, GenerateKeyRequest, Key, LineageRef, SignRequest,
};
use privyseal_tests::certificates::San;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::tls_stage::TlsStage;

pub(crate) const IMAGES: &str = "images";
pub(crate) const GUN: &str = "reg.example.test/team/app";
pub(crate) const GLOB: &str = "reg.example.test/**";
const CI: &str = "ci.images.test";
const OTHER: &str = "other.images.test";

pub(crate) struct Stage {
    pub(crate) tls: TlsStage,
}

impl Stage {
    /// Says that the test is skipped where there is no SoftHSM2.
    pub(crate) fn new() -> Option<Self> {
        let tls = TlsStage::with("", |_, _, setup| {
            let grant = |caller: &str, repositories: &str, more: &str| {
                format!(
                    "[[grant]]\ncallers = [\"dns:{caller}\"]\nauthority = \"{IMAGES}\"\n\
                     repositories = [\"{repositories}\"]\nroles = [\"root\", \"targets\", \"snapshot\"]\n\
                     delegations = [\"targets/**\"]\nkeys = [\"root-*\", \"signer-*\", \"team-*\"]\n\
                     open = true\n{more}\n"
                )
            };
            setup
                .section(&format!(
                    "[[authority]]\nname = \"{IMAGES}\"\ndialect = \"notary\"\n\
                     shared_keys = [\"root-*\", \"signer-*\"]"
                ))
                .section(&grant(
                    CI,
                    "reg.example.test/team/*",
                    "generate_in = \"hsm\"",
                ))
                .section(&grant(OTHER, "elsewhere.test/*", ""))
        })?;
        Some(Self { tls })
    }

    /// Changes the agent's config, for its next start.
    pub(crate) fn rewrite(&self, from: &str, to: &str) {
        let path = self.tls.stage.agent.config();
        let before = fs::read_to_string(&path).unwrap();
        let after = before.replace(from, to);
        assert_ne!(before, after);
        fs::write(path, after).unwrap();
    }

    /// Sets `limits.unused_keys`, for the agent's next start.
    pub(crate) fn limit_unused_keys(&self, most: u32) {
        let path = self.tls.stage.agent.config();
        let config = fs::read_to_string(&path).unwrap();
        let (config, _) = config.split_once("\n[limits]").unwrap_or((&config, ""));
        let config = format!("{config}\n[limits]\nunused_keys = {most}\n");
        fs::write(path, config).unwrap();
    }

    pub(crate) fn operator(&self) -> Rpc {
        self.tls.stage.rpc()
    }

    /// A caller with grants for repositories under `reg.example.test/team/`.
    pub(crate) fn ci(&self) -> Rpc {
        self.named(CI)
    }

    /// A caller with grants for other repositories.
    pub(crate) fn other(&self) -> Rpc {
        self.named(OTHER)
    }

    fn named(&self, name: &str) -> Rpc {
        let credential = self.tls.callers.client(name, &[San::Dns(name)]);
        self.tls.rpc(&credential)
    }

    /// The key as the operator sees it.
    pub(crate) fn listed(&self, name: &str) -> Key {
        let keys = self.operator().keys().unwrap();
        keys.into_iter().find(|key| key.name == name).unwrap()
    }
}

/// A key for this role and repository, of P-256.
pub(crate) fn wanted(name: &str, role: &str, repository: &str) -> GenerateKeyRequest {
    GenerateKeyRequest {
        keystore: "hsm".to_owned(),
        name: name.to_owned(),
        algorithm: "ecdsa-p256".to_owned(),
        purpose: "trust".to_owned(),
        authority: IMAGES.to_owned(),
        repository: repository.to_owned(),
        role: role.to_owned(),
        ..GenerateKeyRequest::default()
    }
}

/// The reason of a refusal.
pub(crate) fn reason<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    answer.unwrap_err().reason
}

/// What becomes of a document that is none, for this key and role: the reason that comes first.
pub(crate) fn asked(rpc: &Rpc, key: &str, role: &str, repository: &str) -> String {
    reason(rpc.sign(SignRequest {
        id: 0,
        lineage: Some(LineageRef {
            authority: IMAGES.to_owned(),
            repository: repository.to_owned(),
            first_root: String::new(),
        }),
        role: role.to_owned(),
        key: key.to_owned(),
        document: b"{".to_vec(),
    }))
}

/// Keys.Certify for ten years.
pub(crate) fn certify(rpc: &Rpc, key: &str, kind: Kind, name: &str) -> Answer<CertifyReply> {
    certify_for(rpc, key, kind, name, 0)
}

/// Keys.Certify.
pub(crate) fn certify_for(
    rpc: &Rpc,
    key: &str,
    kind: Kind,
    name: &str,
    days: u32,
) -> Answer<CertifyReply> {
    rpc.certify(CertifyRequest {
        key: key.to_owned(),
        kind: kind.into(),
        common_name: name.to_owned(),
        days,
    })
}
