mod outcome;
mod plan;

use clap::Args;

use super::filter::{KeyFilter, RepositoryGlob};
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use outcome::Outcomes;
use plan::Plan;

#[derive(Args, Debug)]
#[command(after_help = "\
Destroys keys on their tokens that were made for a notary-server. The removal is recorded first;
where the token does not destroy a key then, the agent does it at its next login, or when the same
command is given again. Before you remove a key that has signed, have notary-server take a new
one: `notary key rotate GUN snapshot -r`. Keys of TUF metadata, and the ledger's, always stay.

A key is unused until notary-server publishes with it. Somebody who ran `notary init` and did not
publish yet has to begin anew once such a key is removed: choose a quiet time, or repositories.

Examples:
  privyseal key remove notary-snapshot-1f0c2a9b44de7710
  privyseal key remove --unused
  privyseal key remove --unused --repository 'registry.example.org/old/**' --yes")]
pub struct Remove {
    /// The keys: NAME, or AGENT:NAME.
    #[arg(
        value_name = "KEY",
        required_unless_present = "unused",
        conflicts_with = "unused"
    )]
    keys: Vec<KeyRef>,
    /// All that were made for notary-server and never signed.
    #[arg(long)]
    unused: bool,
    /// Only keys of repositories that match: * and ? stop at "/", ** does not.
    #[arg(long, value_name = "GLOB", conflicts_with = "keys")]
    repository: Option<RepositoryGlob>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Print JSON.
    #[arg(long, requires = "yes")]
    json: bool,
}

pub(super) async fn run(command: Remove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut agents = context.agents(Vec::new()).await?;
    let missing = context.report_missing(&agents)?;
    let held = agents.keys().await?;
    let unused = command
        .unused
        .then(|| KeyFilter::unused(command.repository.clone()));
    let mut plan = match &unused {
        Some(unused) => Plan::unused(held, unused),
        None => Plan::named(held, &command.keys, &agents)?,
    };
    if !command.json {
        plan.print(context.screen)?;
    }
    if !plan.is_empty() && !command.yes {
        let question = format!("Destroy {plan}? Nothing brings a key back.");
        context.confirm_in_full(&question, "nothing was removed")?;
    }
    if let Some(unused) = &unused {
        // A person may have read for long, and notary-server does not wait.
        plan.keep(&agents.keys().await?, unused);
    }
    let outcomes = Outcomes::of(&plan, command.unused, &mut agents).await?;
    if command.json {
        context.screen.json(&outcomes.views)?;
    } else if !plan.is_empty() {
        outcomes.print(context.screen)?;
    }
    outcomes.report(&mut anstream::stderr())?;
    Ok(match outcomes.exit() {
        Exit::Done if missing => Exit::Failed,
        exit => exit,
    })
}
