//! `privyseal agent`

mod lock;
mod status;
mod unlock;
mod view;

use clap::Subcommand;

use super::context::Context;
use crate::Exit;

/// The commands about agents.
#[derive(Subcommand, Debug)]
pub enum AgentCommand {
    /// Shows how the agents, their keystores and ledgers are.
    Status(status::Status),
    /// Logs in to a token with its PIN.
    Unlock(unlock::Unlock),
    /// Logs out of a token; it stays locked until a person unlocks it.
    Lock(lock::Lock),
}

pub(super) async fn run(command: AgentCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        AgentCommand::Status(command) => status::run(command, context).await,
        AgentCommand::Unlock(command) => unlock::run(command, context).await,
        AgentCommand::Lock(command) => lock::run(command, context).await,
    }
}
