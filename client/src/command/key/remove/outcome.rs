use std::collections::BTreeMap;
use std::io::{self, Write};

use privyseal_proto::v1::{Head, RemoveKeyRequest};
use serde::Serialize;

use super::plan::Plan;
use crate::Exit;
use crate::agent::{Agent, AgentError, Agents};
use crate::failure::report;
use crate::show::{Progress, escape};

/// What became of each key.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) views: Vec<OutcomeView>,
    /// The first "no" of each agent and reason, and to how many keys it was said.
    refusals: BTreeMap<(String, String), (AgentError, usize)>,
    /// Why the rest was not tried, and how many that is.
    stopped: Option<(AgentError, usize)>,
}

/// What became of one, as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OutcomeView {
    agent: String,
    key: String,
    removed: bool,
    /// The record that says so.
    record: Option<u64>,
    /// The reason code of a "no".
    refused: Option<String>,
}

impl Outcomes {
    /// Removes one key after the other; where `unused` ones alone are meant, the agent looks once
    /// more at the moment that counts. A "no" is about one key; a failure is about all that follow,
    /// and ends it.
    pub(super) async fn of(plan: &Plan, unused: bool, agents: &mut Agents) -> anyhow::Result<Self> {
        let mut outcomes = Self::default();
        let mut heads: BTreeMap<String, Vec<Head>> = BTreeMap::new();
        let progress = Progress::of_count(plan.len() as u64, "removing keys:");
        for (tried, (name, key)) in plan.keys().enumerate() {
            let Some(agent) = agents.named(name) else {
                continue;
            };
            match remove(agent, key, unused).await {
                Ok((record, head)) => {
                    heads.entry(name.to_owned()).or_default().extend(head);
                    outcomes.views.push(OutcomeView::removed(name, key, record));
                }
                Err(error @ AgentError::Refused { .. }) => outcomes.refuse(name, key, error),
                Err(error) => {
                    outcomes.stopped = Some((error, plan.len() - tried));
                    break;
                }
            }
            progress.advance(1);
        }
        drop(progress);
        for (name, heads) in heads {
            if let Some(agent) = agents.named_mut(&name) {
                agent.prove(&heads).await?;
            }
        }
        Ok(outcomes)
    }

    fn refuse(&mut self, agent: &str, key: &str, error: AgentError) {
        let code = match &error {
            AgentError::Refused { code, .. } => code.clone(),
            _ => String::new(),
        };
        self.views.push(OutcomeView {
            agent: agent.to_owned(),
            key: key.to_owned(),
            removed: false,
            record: None,
            refused: Some(code.clone()),
        });
        let same = self.refusals.entry((agent.to_owned(), code));
        same.and_modify(|(_, count)| *count += 1)
            .or_insert((error, 1));
    }

    /// Says what was removed.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let removed = || self.views.iter().filter(|view| view.removed);
        match removed().count() {
            0 => writeln!(out, "no key was removed"),
            1..=10 => removed().try_for_each(|view| {
                let key = escape(&format!("{}:{}", view.agent, view.key));
                writeln!(out, "removed {key}")
            }),
            count => writeln!(out, "removed {count} keys"),
        }
    }

    /// Says what was not removed, and what to do.
    pub(super) fn report(&self, to: &mut dyn Write) -> io::Result<()> {
        for (error, count) in self.refusals.values() {
            report(&error.clone().into(), to)?;
            if *count > 1 {
                writeln!(to, "  the same was said of {} more", count - 1)?;
            }
        }
        if let Some((error, left)) = &self.stopped {
            report(&error.clone().into(), to)?;
            writeln!(
                to,
                "  {left} of the keys are left: the same command goes on with them"
            )?;
        }
        Ok(())
    }

    pub(super) fn exit(&self) -> Exit {
        match (&self.stopped, self.refusals.is_empty()) {
            (Some((error, _)), _) if error.is_refusal() => Exit::Refused,
            (Some(_), _) => Exit::Failed,
            (None, false) => Exit::Refused,
            (None, true) => Exit::Done,
        }
    }
}

impl OutcomeView {
    fn removed(agent: &str, key: &str, record: u64) -> Self {
        Self {
            agent: agent.to_owned(),
            key: key.to_owned(),
            removed: true,
            record: Some(record),
            refused: None,
        }
    }
}

async fn remove(agent: &Agent, key: &str, unused: bool) -> Result<(u64, Option<Head>), AgentError> {
    let name = key.to_owned();
    let request = RemoveKeyRequest { name, unused };
    let reply = agent.keys().remove(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    Ok((reply.record, reply.head))
}
