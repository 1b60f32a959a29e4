//! Agents that hold the keys of image repositories.

use std::fs;

use super::stack::NotaryStack;
use crate::agent::Agent;
use crate::client::Client;
use crate::sandbox::Sandbox;
use crate::setup::Setup;
use crate::token::{Token, Tokens};

/// Two agents, each with a SoftHSM2 token of its own, and their users: beside any [`NotaryStack`].
///
/// The authority is [`Self::AUTHORITY`]; keys named `root-*` and `signer-*` may serve many
/// repositories. The test's own user is an operator of both, with every grant.
#[derive(Debug)]
pub struct TrustAgents {
    /// The one of every day; its name is `desk`, its keystore `hsm`.
    pub desk: TokenAgent,
    /// The one with the second root key; its name is `safe`, its keystore `hsm`.
    pub safe: TokenAgent,
}

/// An agent and its token.
#[derive(Debug)]
pub struct TokenAgent {
    /// The agent.
    pub agent: Agent,
    /// The token.
    pub token: Token,
}

impl TrustAgents {
    /// The authority of image repositories in both configs.
    pub const AUTHORITY: &'static str = "images";

    /// Starts both.
    ///
    /// # Panics
    /// Where there is no SoftHSM2: ask [`crate::require::softhsm`] first.
    #[must_use]
    pub fn start(sandbox: &Sandbox) -> Self {
        Self {
            desk: TokenAgent::start(sandbox, "desk"),
            safe: TokenAgent::start(sandbox, "safe"),
        }
    }

    /// A user of both agents and of this stack; `name` is a new directory of the sandbox.
    #[must_use]
    pub fn client(&self, sandbox: &Sandbox, name: &str, stack: &NotaryStack) -> Client {
        let agents = [("desk", &self.desk.agent), ("safe", &self.safe.agent)];
        Self::configured(Client::of_several(sandbox, name, &agents), stack)
    }

    /// As [`Self::client`], for whom there is no agent but the one with the second root key.
    #[must_use]
    pub fn client_of_safe(&self, sandbox: &Sandbox, name: &str, stack: &NotaryStack) -> Client {
        let agents = [("safe", &self.safe.agent)];
        Self::configured(Client::of_several(sandbox, name, &agents), stack)
    }

    /// A root key at each agent for every repository, of these algorithms: `root-1` at `desk`,
    /// `root-2` at `safe`.
    pub fn generate_roots(client: &Client, algorithms: [&str; 2]) {
        for ((agent, key), algorithm) in Self::ROOTS.into_iter().zip(algorithms) {
            Self::generate_root(client, agent, key, algorithm, "**");
        }
    }

    /// As [`Self::generate_roots`], for these repositories: `root-1-NAME` and `root-2-NAME`.
    pub fn generate_roots_for(client: &Client, name: &str, algorithm: &str, repositories: &str) {
        for (agent, key) in Self::ROOTS {
            let key = format!("{key}-{name}");
            Self::generate_root(client, agent, &key, algorithm, repositories);
        }
    }

    /// The client's config says what a user of Docker Content Trust would write there.
    #[must_use]
    pub fn configured(client: Client, stack: &NotaryStack) -> Client {
        let directory = client.home().join("config/privyseal");
        fs::create_dir_all(&directory).unwrap();
        let (server, ca) = (stack.server.url(), stack.server.ca().display());
        let authority = Self::AUTHORITY;
        let config =
            format!("[trust]\nserver = \"{server}\"\nca = \"{ca}\"\nauthority = \"{authority}\"\n");
        fs::write(directory.join("config.toml"), config).unwrap();
        client
    }

    const ROOTS: [(&str, &str); 2] = [("desk", "root-1"), ("safe", "root-2")];

    fn generate_root(client: &Client, agent: &str, key: &str, algorithm: &str, covers: &str) {
        client.ok(&format!(
            "--agent {agent} trust key generate {key} --role root --algorithm {algorithm} \
             --repository {covers}"
        ));
    }
}

impl TokenAgent {
    fn start(sandbox: &Sandbox, name: &str) -> Self {
        let token = Tokens::new(sandbox, &format!("{name}-tokens")).token(name);
        let user = nix::unistd::geteuid();
        let authority = TrustAgents::AUTHORITY;
        let setup = Setup::new(&token)
            .without_keystores()
            .keystore("hsm", &token, "allow_import = true")
            .section(&format!(
                "[[authority]]\nname = \"{authority}\"\ndialect = \"notary\"\n\
                 shared_keys = [\"root-*\", \"signer-*\"]"
            ))
            .section(&format!(
                "[[grant]]\ncallers = [\"uid:{user}\"]\nauthority = \"{authority}\"\n\
                 repositories = [\"**\"]\nroles = [\"root\", \"targets\", \"snapshot\"]\n\
                 delegations = [\"**\"]\nkeys = [\"**\"]\nopen = true\ngenerate_in = \"hsm\""
            ));
        let agent = Agent::running(sandbox, name, &setup);
        Self { agent, token }
    }
}
