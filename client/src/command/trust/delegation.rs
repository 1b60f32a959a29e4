//! `privyseal trust delegation`

mod add;
mod list;
mod purge;
mod remove;

use clap::Subcommand;

use crate::Exit;
use crate::command::context::Context;

/// The commands about delegations.
#[derive(Subcommand, Debug)]
pub enum DelegationCommand {
    /// Delegates to a role, or gives a delegation more keys and paths.
    Add(add::Add),
    /// Takes keys and paths from a delegation, or all of it.
    Remove(remove::Remove),
    /// Takes keys from every delegation.
    Purge(purge::Purge),
    /// Lists the delegations, with keys and paths.
    List(list::List),
}

pub(super) async fn run(
    command: DelegationCommand,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    match command {
        DelegationCommand::Add(command) => add::run(command, context).await,
        DelegationCommand::Remove(command) => remove::run(command, context).await,
        DelegationCommand::Purge(command) => purge::run(command, context).await,
        DelegationCommand::List(command) => list::run(command, context).await,
    }
}
