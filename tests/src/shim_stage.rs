//! A stage whose token stands behind the shim, so that calls can be counted and spoiled.

use std::fmt::Display;
use std::fs;

use crate::agent::Agent;
use crate::client::Client;
use crate::require::{self, SOFTHSM};
use crate::rpc::Rpc;
use crate::sandbox::Sandbox;
use crate::setup::Setup;
use crate::shim::Shim;
use crate::token::{Token, Tokens};

/// A sandbox with a token, a shim before it, and an agent with the one keystore `hsm`. The agent
/// ends before its directory goes.
#[derive(Debug)]
pub struct ShimStage {
    /// The agent.
    pub agent: Agent,
    /// Its token.
    pub token: Token,
    /// Where its token is, and others may be.
    pub tokens: Tokens,
    /// What counts and spoils the agent's calls.
    pub shim: Shim,
    /// The test's directory.
    pub sandbox: Sandbox,
}

impl ShimStage {
    /// With an agent that has a ledger and does not run; `more` are further lines of its keystore.
    /// Says that the test is skipped where there is no SoftHSM2.
    #[must_use]
    pub fn stopped(more: &str) -> Option<Self> {
        if !require::softhsm() {
            return None;
        }
        let sandbox = Sandbox::new();
        let tokens = Tokens::new(&sandbox, "tokens");
        let token = tokens.token("main");
        let shim = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
        let setup = Setup::new(&token)
            .without_keystores()
            .shim(&shim)
            .keystore("hsm", &token, more);
        let agent = Agent::new(&sandbox, "agent", &setup);
        Some(Self {
            agent,
            token,
            tokens,
            shim,
            sandbox,
        })
    }

    /// As [`Self::stopped`], with an agent that runs with its keystore ready.
    #[must_use]
    pub fn running(more: &str) -> Option<Self> {
        let mut stage = Self::stopped(more)?;
        stage.agent.start();
        Some(stage)
    }

    /// Gives the keystore other further lines, from the agent's next start.
    pub fn reconfigure(&mut self, more: &str) {
        let uri = self.token.uri();
        self.reconfigure_keystore(&uri, &self.pin(), more);
    }

    /// As [`Self::reconfigure`], with the PIN and the token's URI as the config writes them.
    pub fn reconfigure_keystore(&mut self, uri: &str, pin: &str, more: &str) {
        let module = Shim::library().unwrap();
        self.reconfigure_module(module.display(), uri, pin, more);
    }

    /// As [`Self::reconfigure_keystore`], with another module.
    pub fn reconfigure_module(&mut self, module: impl Display, uri: &str, pin: &str, more: &str) {
        let setup = Setup::new(&self.token)
            .without_keystores()
            .shim(&self.shim)
            .section(&format!(
                "[[keystore]]\nname = \"hsm\"\nkind = \"pkcs11\"\nmodule = \"{module}\"\n\
                 token = \"{uri}\"\npin = {pin}\n{more}"
            ));
        self.agent.configure(|_| setup);
    }

    /// The PIN source of the config: the token's PIN file.
    #[must_use]
    pub fn pin(&self) -> String {
        format!("{{ file = \"{}\" }}", self.token.pin_file().display())
    }

    /// Forgets the counts of an earlier life of the agent; until the next one loads the module
    /// there are none.
    pub fn forget_calls(&self) {
        fs::remove_file(self.sandbox.join("shim/counters")).unwrap();
    }

    /// Calls since the agent loaded the module, of the functions whose names begin so.
    #[must_use]
    pub fn calls(&self, beginning: &str) -> u64 {
        self.shim.calls(beginning).unwrap()
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
