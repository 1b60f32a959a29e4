use std::io::Write;

use clap::Args;

use crate::Exit;
use crate::agent::{AgentEntry, HeadMemory};
use crate::command::context::Context;
use crate::failure::Advice;

#[derive(Args, Debug)]
#[command(after_help = "\
This is the only way in which this client takes a ledger that got shorter, forked, or was replaced.
Find out first why it did: the client can't tell a restored backup from a rewritten history.

Examples:
  privyseal ledger forget default
  privyseal ledger forget default --yes")]
pub struct Forget {
    /// The agent, by its name here.
    #[arg(value_name = "AGENT")]
    name: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(command: Forget, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let memory = HeadMemory::of_user()?;
    let entry = find(context.entries(Vec::new())?, &command.name)?;
    let Some(known) = memory.recall(&entry)? else {
        writeln!(
            context.screen,
            "nothing is remembered of agent {} at {}",
            entry.name, entry.address
        )?;
        return Ok(Exit::Done);
    };
    writeln!(
        context.screen,
        "remembered of agent {} at {}: ledger {}, {} records, root {}",
        entry.name, entry.address, known.genesis, known.head.size, known.head.root
    )?;
    if !command.yes && !confirmed(context)? {
        return Err(Advice::needs_person("nothing was forgotten", "confirm, or give --yes").into());
    }
    memory.forget(&entry)?;
    writeln!(
        context.screen,
        "forgotten: the next command takes whatever ledger the agent shows"
    )?;
    Ok(Exit::Done)
}

fn confirmed(context: &mut Context<'_>) -> anyhow::Result<bool> {
    let question = "Forget it? Records that were removed or rewritten will not be noticed.";
    Ok(context.screen.can_ask() && context.screen.ask(question)?)
}

fn find(entries: Vec<AgentEntry>, name: &str) -> Result<AgentEntry, Advice> {
    entries
        .into_iter()
        .find(|entry| entry.name.as_str() == name)
        .ok_or_else(|| {
            Advice::failed(
                format!("no agent is called {name:?}"),
                "see PRIVYSEAL_AGENT and the config",
            )
        })
}
