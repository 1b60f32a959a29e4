use futures_util::future::join_all;
use privyseal_proto::v1::ListKeysRequest;

use super::config::AgentEntry;
use super::connection::{Agent, ConnectError};
use super::error::AgentError;
use super::key::{HeldKey, KeyRef};
use super::memory::HeadMemory;
use crate::failure::Advice;

/// The agents that a command may use: those that answered, and why others did not.
#[derive(Debug, Default)]
pub struct Agents {
    connected: Vec<Agent>,
    missing: Vec<(String, ConnectError)>,
}

impl Agents {
    /// Connects to each. An agent that does not answer is left out; one whose ledger is not what it
    /// was is an error of the whole.
    pub async fn connect(
        entries: Vec<AgentEntry>,
        memory: &HeadMemory,
    ) -> Result<Self, ConnectError> {
        let mut agents = Self::default();
        let names: Vec<String> = entries.iter().map(|entry| entry.name.to_string()).collect();
        let several = names.len() > 1;
        // All at once: each that is away keeps the others waiting for seconds.
        let connections = entries
            .into_iter()
            .map(|entry| Agent::connect(entry, memory));
        for (name, connection) in names.into_iter().zip(join_all(connections).await) {
            match connection {
                Ok(agent) if several => agents.connected.push(agent.among_several()),
                Ok(agent) => agents.connected.push(agent),
                Err(ConnectError::Agent(error)) if !matches!(error, AgentError::Breach { .. }) => {
                    agents.missing.push((name, error.into()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(agents)
    }

    /// Those that answered.
    pub fn connected(&self) -> &[Agent] {
        &self.connected
    }

    /// Those that answered, to speak to each and prove its heads.
    pub fn connected_mut(&mut self) -> &mut [Agent] {
        &mut self.connected
    }

    /// Those that did not, and why.
    pub fn missing(&self) -> &[(String, ConnectError)] {
        &self.missing
    }

    /// An agent by its name here.
    pub fn named(&self, name: &str) -> Option<&Agent> {
        self.connected.iter().find(|agent| agent.name() == name)
    }

    /// An agent by its name here, to prove heads with.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut Agent> {
        self.connected.iter_mut().find(|agent| agent.name() == name)
    }

    /// The agent of a command that speaks to one only.
    pub fn into_only(mut self) -> anyhow::Result<Agent> {
        let names: Vec<&str> = self.connected.iter().map(Agent::name).collect();
        let missing = self.missing.iter().map(|(name, _)| name.as_str());
        let names = names
            .into_iter()
            .chain(missing)
            .collect::<Vec<_>>()
            .join(", ");
        match (self.connected.pop(), self.missing.pop()) {
            (Some(agent), None) if self.connected.is_empty() => Ok(agent),
            (None, Some((_, error))) if self.missing.is_empty() => Err(error.into()),
            _ => Err(Advice::failed(
                format!("several agents are configured ({names})"),
                "choose one with --agent NAME",
            )
            .into()),
        }
    }

    /// Every key that the connected agents list for this caller.
    pub async fn keys(&self) -> Result<Vec<HeldKey>, AgentError> {
        let mut held = Vec::new();
        for agent in &self.connected {
            let reply = agent.keys().list(ListKeysRequest {}).await;
            let keys = reply
                .map_err(|status| agent.error(&status))?
                .into_inner()
                .keys;
            held.extend(keys.into_iter().map(|key| HeldKey {
                agent: agent.name().to_owned(),
                key,
            }));
        }
        Ok(held)
    }

    /// The one key that `wanted` names.
    pub fn resolve<'a>(&self, keys: &'a [HeldKey], wanted: &KeyRef) -> anyhow::Result<&'a HeldKey> {
        let mut found = keys.iter().filter(|held| wanted.matches(held));
        match (found.next(), found.next()) {
            (Some(held), None) => Ok(held),
            (Some(one), Some(other)) => Err(Advice::failed(
                format!(
                    "{wanted} names several keys: {}:{} and {}:{}",
                    one.agent, one.key.name, other.agent, other.key.name
                ),
                "name the agent: AGENT:KEY",
            )
            .into()),
            (None, _) => Err(self.unknown(wanted)),
        }
    }

    /// Nobody lists a key that was named.
    pub fn unknown(&self, wanted: &KeyRef) -> anyhow::Error {
        let missing: Vec<String> = self
            .missing
            .iter()
            .map(|(_, why)| why.to_string())
            .collect();
        let message = format!("no agent lists a key {wanted} for this user");
        let advice = if missing.is_empty() {
            Advice::failed(
                message,
                "list the keys with `privyseal key list`; an agent lists only the keys that its grants give you",
            )
        } else {
            Advice::failed(
                format!("{message}; {}", missing.join("; ")),
                "bring that agent back, then try again",
            )
        };
        advice.into()
    }
}
