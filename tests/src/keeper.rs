//! People who each keep a token, with an agent of their own and a client that knows no other.

use std::path::PathBuf;

use privyseal_proto::v1::Key;

use crate::agent::Agent;
use crate::client::Client;
use crate::sandbox::Sandbox;
use crate::setup::{AUTHORITY, Setup};
use crate::token::{Token, Tokens};

/// Somebody with a token that no other module sees, and an agent that lets out nothing but what
/// its own grant says.
#[derive(Debug)]
pub struct Keeper {
    /// The agent.
    pub agent: Agent,
    /// The token.
    pub token: Token,
    /// Their own client, with a home and a memory of its own.
    pub client: Client,
    /// The public part of its root key, for those whom the agent gives no answer; empty of a keeper
    /// without one.
    pub public_key: PathBuf,
    name: String,
}

impl Keeper {
    /// A keeper of a key of `repository`, `NAME-root`, whose agent signs its roots and nothing
    /// else, and takes part in its first.
    #[must_use]
    pub fn of_root(sandbox: &Sandbox, name: &str, repository: &str) -> Self {
        let authority = "root = { max_expiry = \"400d\", min_threshold = 3 }";
        let grant = "roles = [\"root\"]\nopen = true";
        let mut keeper = Self::new(sandbox, name, repository, (authority, grant));
        keeper.generate("root", repository);
        let keys = keeper.agent.rpc().keys().unwrap();
        let own = |key: &&Key| key.name == format!("{name}-root");
        let public = &keys.iter().find(own).unwrap().public_key;
        keeper.public_key = sandbox.write(format!("{name}.pem"), public);
        keeper
    }

    /// A keeper whose agent signs everything but roots.
    #[must_use]
    pub fn of_the_rest(sandbox: &Sandbox, name: &str, repository: &str) -> Self {
        let grant = "roles = [\"targets\", \"snapshot\", \"timestamp\"]\ndelegations = [\"**\"]";
        Self::new(sandbox, name, repository, ("", grant))
    }

    fn new(sandbox: &Sandbox, name: &str, repository: &str, lines: (&str, &str)) -> Self {
        let (authority, grant) = lines;
        let user = nix::unistd::geteuid();
        let token = Tokens::new(sandbox, &format!("{name}-tokens")).token(name);
        let setup = Setup::new(&token)
            .without_sections()
            .section(&format!(
                "[[authority]]\nname = \"{AUTHORITY}\"\n{authority}\n"
            ))
            .section(&format!(
                "[[grant]]\ncallers = [\"uid:{user}\"]\nauthority = \"{AUTHORITY}\"\n\
                 repositories = [\"{repository}\"]\nkeys = [\"{name}-*\"]\n{grant}\n"
            ));
        let agent = Agent::running(sandbox, name, &setup);
        let home = format!("{name}-home");
        let client = Client::of_several(sandbox, &home, &[(name, &agent)]);
        Self {
            agent,
            token,
            client,
            public_key: PathBuf::new(),
            name: name.to_owned(),
        }
    }

    /// Who it is, which is also what clients call the agent.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has the agent make a key, `NAME-key`, for the repository.
    pub fn generate(&self, key: &str, repository: &str) {
        self.client.ok(&format!(
            "key generate {}-{key} --keystore hsm --authority {AUTHORITY} --repository {repository}",
            self.name
        ));
    }

    /// What to name its key on a command line that knows several agents.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        format!("{0}:{0}-{key}", self.name)
    }
}

/// A client that knows the agents of all of them.
#[must_use]
pub fn coordinator<'a>(
    sandbox: &Sandbox,
    name: &str,
    keepers: impl IntoIterator<Item = &'a Keeper>,
) -> Client {
    let agents: Vec<_> = keepers
        .into_iter()
        .map(|keeper| (keeper.name(), &keeper.agent))
        .collect();
    Client::of_several(sandbox, name, &agents)
}
