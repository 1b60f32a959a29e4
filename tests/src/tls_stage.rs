//! The stage of tests about callers over the network: an agent that listens on the loopback
//! interface, with certificates for it and its callers.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::agent::Agent;
use crate::certificates::{Ca, Credential, San};
use crate::repository::Repository;
use crate::rpc::Rpc;
use crate::sandbox::Sandbox;
use crate::setup::{Setup, grant};
use crate::stage::Stage;

/// An agent with a `[[listen]]`, the authority of its certificate and the one of its callers.
#[derive(Debug)]
pub struct TlsStage {
    /// The stage with the agent. Its Unix socket is there for the operator.
    pub stage: Stage,
    /// Issued the agent's certificate.
    pub servers: Ca,
    /// Issues those of callers.
    pub callers: Ca,
}

/// The DNS name of a caller with every grant.
pub const CALLER: &str = "ci.example.test";

impl TlsStage {
    /// With a grant for [`CALLER`]. Says that the test is skipped where there is no SoftHSM2.
    #[must_use]
    pub fn new() -> Option<Self> {
        Self::with("", |_, _, setup| setup)
    }

    /// As [`Self::new`], with further lines of the `[[listen]]` and other changes to the config.
    #[must_use]
    pub fn with(lines: &str, change: impl FnOnce(&Sandbox, &Ca, Setup) -> Setup) -> Option<Self> {
        let mut made = None;
        let stage = Stage::with(|sandbox, setup| {
            let servers = Ca::new(sandbox, "servers");
            let callers = Ca::new(sandbox, "callers");
            let server = servers.server("agent", &["localhost", "127.0.0.1"]);
            let setup = setup.section(&grant(&format!("dns:{CALLER}"))).listen(
                "127.0.0.1:0",
                &server,
                &callers,
                lines,
            );
            let setup = change(sandbox, &callers, setup);
            made = Some((servers, callers));
            setup
        })?;
        let (servers, callers) = made.unwrap();
        Some(Self {
            stage,
            servers,
            callers,
        })
    }

    /// A certificate of [`CALLER`].
    #[must_use]
    pub fn caller(&self) -> Credential {
        self.callers.client("caller", &[San::Dns(CALLER)])
    }

    /// Where the agent listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        addresses(&self.stage.agent)[0]
    }

    /// Connects with a certificate.
    #[must_use]
    pub fn rpc(&self, credential: &Credential) -> Rpc {
        self.try_rpc(credential).unwrap()
    }

    /// Connects with a certificate, and asks whether anybody is there: a client of TLS 1.3 hears
    /// what becomes of its certificate only after it thinks that it is connected.
    pub fn try_rpc(&self, credential: &Credential) -> Result<Rpc, String> {
        let endpoint = endpoint(self.address(), &self.servers.path(), credential);
        let rpc = Rpc::try_endpoint(&endpoint).map_err(|error| format!("{error:?}"))?;
        let health = rpc.health("");
        health.map_err(|refusal| refusal.message)?;
        Ok(rpc)
    }

    /// A repository `example.org/NAME` whose one key is all its roles.
    #[must_use]
    pub fn repository(&self, name: &str) -> Repository {
        let rpc = self.stage.rpc();
        Repository::of_one_key(&rpc, name).opened(&rpc)
    }
}

/// An endpoint at this address whose certificate the authority of this file issued for `localhost`.
#[must_use]
pub fn endpoint(address: SocketAddr, servers: &Path, credential: &Credential) -> Endpoint {
    let pem = |path: &Path| fs::read(path).unwrap();
    let certificate = pem(&credential.certificate);
    let tls = ClientTlsConfig::new()
        .domain_name("localhost")
        .ca_certificate(Certificate::from_pem(pem(servers)))
        .identity(Identity::from_pem(certificate, pem(&credential.key)));
    let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap();
    endpoint.tls_config(tls).unwrap()
}

/// Where an agent listens since its last start, in the order of its config.
#[must_use]
pub fn addresses(agent: &Agent) -> Vec<SocketAddr> {
    let log = agent.log();
    let starts = log.rfind("the ledger is whole").unwrap();
    let listening = log[starts..].lines().filter_map(|line| {
        let (_, rest) = line.split_once("listening for callers with certificates address=")?;
        rest.split(' ').next()?.parse().ok()
    });
    listening.collect()
}
