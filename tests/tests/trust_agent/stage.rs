//! An agent with an authority of images, its operator, and callers with grants.

use privyseal_proto::v1::certify_request::Kind;
use privyseal_proto::v1::{CertifyRequest, GenerateKeyRequest, Key};
use privyseal_tests::certificates::San;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::tls_stage::TlsStage;

/// The authority of notary's dialect.
pub(crate) const IMAGES: &str = "images";
/// Another one, where the operator alone has grants.
pub(crate) const STAGING: &str = "staging";
const CI: &str = "ci.images.test";
const LIMITED: &str = "limited.images.test";

pub(crate) struct Stage {
    pub(crate) tls: TlsStage,
}

impl Stage {
    /// Says that the test is skipped where there is no SoftHSM2.
    pub(crate) fn new() -> Option<Self> {
        let user = format!("uid:{}", nix::unistd::geteuid());
        let grant = |caller: &str, repositories: &str, delegations: &str, more: &str| {
            format!(
                "[[grant]]\ncallers = [\"{caller}\"]\nauthority = \"{IMAGES}\"\n\
                 repositories = [\"{repositories}\"]\n\
                 roles = [\"root\", \"targets\", \"snapshot\", \"timestamp\"]\n\
                 delegations = [\"{delegations}\"]\nkeys = [\"*\"]\nopen = true\n{more}"
            )
        };
        let tls = TlsStage::with("", |_, _, setup| {
            setup
                .section(&format!(
                    "[[authority]]\nname = \"{IMAGES}\"\ndialect = \"notary\"\n\
                     shared_keys = [\"shared-*\"]"
                ))
                .section(&format!(
                    "[[authority]]\nname = \"{STAGING}\"\ndialect = \"notary\""
                ))
                .section(
                    &grant(&user, "reg.example.test/**", "targets/**", "").replace(IMAGES, STAGING),
                )
                .section(&grant(&user, "reg.example.test/**", "targets/**", ""))
                .section(&grant(
                    &format!("dns:{CI}"),
                    "reg.example.test/team/*",
                    "targets/**",
                    "",
                ))
                .section(&grant(
                    &format!("dns:{LIMITED}"),
                    "reg.example.test/team/app",
                    "targets/alice",
                    "paths = [\"v1.*\"]",
                ))
        })?;
        Some(Self { tls })
    }

    /// An operator with every grant.
    pub(crate) fn operator(&self) -> Rpc {
        self.tls.stage.rpc()
    }

    /// A caller with every grant for repositories under `reg.example.test/team/`.
    pub(crate) fn ci(&self) -> Rpc {
        self.named(CI)
    }

    /// A caller who may sign tags of version 1 in `reg.example.test/team/app`, and of delegations
    /// targets/alice alone.
    pub(crate) fn limited(&self) -> Rpc {
        self.named(LIMITED)
    }

    fn named(&self, name: &str) -> Rpc {
        let credential = self.tls.callers.client(name, &[San::Dns(name)]);
        self.tls.rpc(&credential)
    }

    /// A key made in the token.
    pub(crate) fn key(&self, name: &str, algorithm: &str, role: &str, repository: &str) -> Key {
        let made = self.operator().generate_as(GenerateKeyRequest {
            keystore: "hsm".to_owned(),
            name: name.to_owned(),
            algorithm: algorithm.to_owned(),
            purpose: "trust".to_owned(),
            authority: IMAGES.to_owned(),
            repository: repository.to_owned(),
            role: role.to_owned(),
            ..GenerateKeyRequest::default()
        });
        made.unwrap()
    }

    /// A certificate that a key signs for itself, PEM.
    pub(crate) fn certificate(&self, key: &str, common_name: &str) -> String {
        let rpc = self.operator();
        let made = rpc.certify(CertifyRequest {
            key: key.to_owned(),
            kind: Kind::Certificate.into(),
            common_name: common_name.to_owned(),
            days: 0,
        });
        made.unwrap().pem
    }
}
