//! `privyseald` in the place of notary-signer.

use super::port::free_port;
use super::server::{NotaryServer, SignerAt};
use super::stack::NotaryStack;
use crate::agent::Agent;
use crate::certificates::Ca;
use crate::sandbox::Sandbox;
use crate::setup::{AUTHORITY, Setup};
use crate::token::{Token, Tokens};
use crate::{notary, require};

/// A token, an agent that holds notary-server's keys on it, and the stack that uses them.
#[derive(Debug)]
pub struct NotaryStage {
    /// The users' side. It ends before its signer does.
    pub stack: NotaryStack,
    /// The signer.
    pub agent: Agent,
    /// Where the keys are.
    pub token: Token,
    /// Issued the certificates of both.
    pub ca: Ca,
    /// The test's directory.
    pub sandbox: Sandbox,
}

impl NotaryStage {
    /// The repositories that the agent holds keys for are below this name.
    pub const REGISTRY: &'static str = "reg.example.test";

    /// Starts all of it; `lines` are further lines of the agent's `[[notary]]`. Says that the test
    /// is skipped where a program is missing.
    #[must_use]
    pub fn start(lines: &str) -> Option<Self> {
        if !require::softhsm() || !notary::installed() {
            return None;
        }
        let sandbox = Sandbox::new();
        let token = Tokens::new(&sandbox, "tokens").token("one");
        let ca = Ca::new(&sandbox, "tls");
        let signer = SignerAt::localhost(free_port());
        // Such a keystore is unlocked again without a person when its token has come back.
        let setup = Setup::new(&token)
            .without_keystores()
            .keystore("hsm", &token, "holds_root_keys = false")
            .section(&listen(&ca, &signer))
            .section(&notary_table(lines));
        let agent = Agent::running(&sandbox, "agent", &setup);
        Some(Self {
            stack: NotaryStack::start(&sandbox, &ca, &signer),
            agent,
            token,
            ca,
            sandbox,
        })
    }
}

fn listen(ca: &Ca, signer: &SignerAt) -> String {
    let tls = ca.server("agent", &[&signer.host]);
    format!(
        "[[listen]]\naddress = \"127.0.0.1:{}\"\nserves = \"notary\"\ncertificate = \"{}\"\n\
         key = {{ file = \"{}\" }}\nclient_ca = \"{}\"\n",
        signer.port,
        tls.certificate.display(),
        tls.key.display(),
        ca.path().display()
    )
}

fn notary_table(lines: &str) -> String {
    format!(
        "[[notary]]\ncallers = [\"dns:{}\"]\nauthority = \"{AUTHORITY}\"\n\
         repositories = [\"{registry}/**\", \"{registry}:*/**\"]\nkeystore = \"hsm\"\n{lines}\n",
        NotaryServer::NAME,
        registry = NotaryStage::REGISTRY,
    )
}
