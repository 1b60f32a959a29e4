//! `privyseal ledger`

mod event;
mod forget;
mod prove;
mod show;
mod verify;

use clap::Subcommand;

use super::context::Context;
use crate::Exit;

/// The commands about an agent's ledger.
#[derive(Subcommand, Debug)]
pub enum LedgerCommand {
    /// Shows the records.
    Show(show::Show),
    /// Verifies every record, checkpoint and signature.
    Verify(verify::Verify),
    /// Proves that a record is in the ledger.
    Prove(prove::Prove),
    /// Forgets what this client remembers of an agent's ledger.
    Forget(forget::Forget),
}

pub(super) async fn run(command: LedgerCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        LedgerCommand::Show(command) => show::run(command, context).await,
        LedgerCommand::Verify(command) => verify::run(command, context).await,
        LedgerCommand::Prove(command) => prove::run(command, context).await,
        LedgerCommand::Forget(command) => forget::run(command, context),
    }
}
