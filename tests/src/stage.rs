//! The usual stage of a test: one token, one agent that runs, one client.

use crate::agent::Agent;
use crate::client::Client;
use crate::require;
use crate::rpc::Rpc;
use crate::sandbox::Sandbox;
use crate::setup::Setup;
use crate::token::{Token, Tokens};

/// A sandbox with a token and an agent. The agent ends before its directory goes.
#[derive(Debug)]
pub struct Stage {
    /// The agent.
    pub agent: Agent,
    /// Its token.
    pub token: Token,
    /// The test's directory.
    pub sandbox: Sandbox,
}

impl Stage {
    /// With an agent of [`Setup::new`]. Says that the test is skipped where there is no SoftHSM2.
    #[must_use]
    pub fn new() -> Option<Self> {
        Self::with(|_, setup| setup)
    }

    /// As [`Self::new`], with changes to the agent's config.
    #[must_use]
    pub fn with(change: impl FnOnce(&Sandbox, Setup) -> Setup) -> Option<Self> {
        Self::build(|sandbox, token| change(sandbox, Setup::new(token)))
    }

    /// As [`Self::new`], with further lines of the keystore's config.
    #[must_use]
    pub fn with_keystore(lines: &str) -> Option<Self> {
        Self::build(|_, token| {
            let setup = Setup::new(token).without_keystores();
            setup.keystore("hsm", token, lines)
        })
    }

    fn build(setup: impl FnOnce(&Sandbox, &Token) -> Setup) -> Option<Self> {
        if !require::softhsm() {
            return None;
        }
        let sandbox = Sandbox::new();
        let token = Tokens::new(&sandbox, "tokens").token("one");
        let setup = setup(&sandbox, &token);
        let agent = Agent::running(&sandbox, "agent", &setup);
        Some(Self {
            agent,
            token,
            sandbox,
        })
    }

    /// A connection to the agent.
    #[must_use]
    pub fn rpc(&self) -> Rpc {
        self.agent.rpc()
    }

    /// A client of the agent, with a memory of its own.
    #[must_use]
    pub fn client(&self, name: &str) -> Client {
        Client::new(&self.sandbox, name, &self.agent)
    }
}
