//! `privyseal trust signer`

mod add;
mod remove;

use clap::Subcommand;

use crate::Exit;
use crate::command::context::Context;

/// The commands about signers.
#[derive(Subcommand, Debug)]
pub enum SignerCommand {
    /// Lets somebody sign tags of repositories.
    Add(Box<add::Add>),
    /// Takes that back.
    Remove(remove::Remove),
}

pub(super) async fn run(command: SignerCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        SignerCommand::Add(command) => add::run(*command, context).await,
        SignerCommand::Remove(command) => remove::run(command, context).await,
    }
}
