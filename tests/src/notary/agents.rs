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
            desk: TokenAgent::start(sandbox, "desk", "generate_in = \"hsm\""),
            safe: TokenAgent::start(sandbox, "safe", ""),
        }
    }

    /// A user of both agents and of this stack; `name` is a new directory of the sandbox. New
    /// repositories get the root keys `desk:root-1` and `safe:root-2` where nothing else is said.
    #[must_use]
    pub fn client(&self, sandbox: &Sandbox, name: &str, stack: &NotaryStack) -> Client {
        let agents = [("desk", &self.desk.agent), ("safe", &self.safe.agent)];
        configured(Client::of_several(sandbox, name, &agents), stack)
    }

    /// As [`Self::client`], of the agent of every day alone.
    #[must_use]
    pub fn client_of_desk(&self, sandbox: &Sandbox, name: &str, stack: &NotaryStack) -> Client {
        let agents = [("desk", &self.desk.agent)];
        configured(Client::of_several(sandbox, name, &agents), stack)
    }

    /// Root keys of these algorithms, for every repository: `root-1` at the one agent, `root-2` at
    /// the other.
    pub fn generate_roots(&self, client: &Client, algorithms: [&str; 2]) {
        for (key, algorithm) in ["desk root-1", "safe root-2"].into_iter().zip(algorithms) {
            let (agent, key) = key.split_once(' ').unwrap();
            client.ok(&format!(
                "--agent {agent} trust key generate {key} --role root --algorithm {algorithm}"
            ));
        }
    }
}

impl TokenAgent {
    fn start(sandbox: &Sandbox, name: &str, granted: &str) -> Self {
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
                 delegations = [\"**\"]\nkeys = [\"**\"]\nopen = true\n{granted}"
            ));
        let agent = Agent::running(sandbox, name, &setup);
        Self { agent, token }
    }
}

/// The client's config says what a user of Docker Content Trust would write there.
fn configured(client: Client, stack: &NotaryStack) -> Client {
    let directory = client.home().join("config/privyseal");
    fs::create_dir_all(&directory).unwrap();
    let (server, ca) = (stack.server.url(), stack.server.ca().display());
    let authority = TrustAgents::AUTHORITY;
    let config = format!(
        "[trust]\nserver = \"{server}\"\nca = \"{ca}\"\nauthority = \"{authority}\"\n\
         root_keys = [\"desk:root-1\", \"safe:root-2\"]\n"
    );
    fs::write(directory.join("config.toml"), config).unwrap();
    client
}
