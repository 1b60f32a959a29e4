use std::io::Write;

use crate::agent::{self, Agent, AgentEntry, Agents, ConnectError, HeadMemory};
use crate::failure::Advice;
use crate::show::{Screen, escape};

/// What every command has at hand.
pub(super) struct Context<'a> {
    pub(super) chosen_agent: Option<String>,
    pub(super) screen: &'a mut Screen,
}

impl Context<'_> {
    /// The configured agents, with those of a project.
    pub(super) fn entries(&self, project: Vec<AgentEntry>) -> anyhow::Result<Vec<AgentEntry>> {
        Ok(agent::load(self.chosen_agent.as_deref(), project)?)
    }

    /// Connects to the configured agents and to those of a project.
    pub(super) async fn agents(&mut self, project: Vec<AgentEntry>) -> anyhow::Result<Agents> {
        let entries = self.entries(project)?;
        let agents = Agents::connect(entries, &HeadMemory::of_user()?).await?;
        agents
            .connected()
            .iter()
            .try_for_each(|agent| self.introduce(agent))?;
        Ok(agents)
    }

    /// Connects to the one agent of a command that speaks to one only.
    pub(super) async fn agent(&mut self) -> anyhow::Result<Agent> {
        self.agents(Vec::new()).await?.into_only()
    }

    fn introduce(&mut self, agent: &Agent) -> anyhow::Result<()> {
        if agent.first_meeting() {
            let genesis = agent.known().genesis;
            self.screen.note(&format!(
                "first meeting with agent {}: from now on its ledger must be {genesis}",
                agent.name()
            ))?;
        }
        Ok(())
    }

    /// Asks whether to go on; where nobody confirms, `nothing` says what did not happen.
    pub(super) fn confirm(&mut self, question: &str, nothing: &str) -> anyhow::Result<()> {
        if !self.screen.can_ask() {
            return Err(Advice::needs_person(
                format!("{nothing}: there is no terminal to confirm on"),
                "read what changes, then give --yes",
            )
            .into());
        }
        if self.screen.ask(question)? {
            return Ok(());
        }
        Err(Advice::needs_person(nothing, "all is as it was").into())
    }

    /// Asks for the whole word, where something can't be undone.
    pub(super) fn confirm_in_full(&mut self, question: &str, nothing: &str) -> anyhow::Result<()> {
        let question = format!("{question} Type \"yes\":");
        let agreed = self
            .screen
            .can_ask()
            .then(|| self.screen.ask_for(&question, "yes"));
        match agreed.transpose()? {
            Some(true) => Ok(()),
            Some(false) => Err(Advice::needs_person(nothing, "all is as it was").into()),
            None => Err(Advice::needs_person(
                format!("{nothing}: there is no terminal to confirm on"),
                "read what changes, then give --yes",
            )
            .into()),
        }
    }

    /// Says which agents did not answer, and what to do; true where there are any.
    pub(super) fn report_missing(&mut self, agents: &Agents) -> anyhow::Result<bool> {
        for (_, error) in agents.missing() {
            self.screen.note(&escape(&error.to_string()))?;
            if let ConnectError::Agent(error) = error {
                writeln!(anstream::stderr(), "  to do: {}", escape(&error.remedy()))?;
            }
        }
        Ok(!agents.missing().is_empty())
    }
}
