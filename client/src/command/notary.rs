//! `privyseal notary`

mod restored;

use clap::Subcommand;

use super::context::Context;
use crate::Exit;

/// The commands for operators of an agent that signs for a notary-server.
#[derive(Subcommand, Debug)]
pub enum NotaryCommand {
    /// Accepts that notary-server's database was restored from a backup.
    Restored(restored::Restored),
}

pub(super) async fn run(command: NotaryCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        NotaryCommand::Restored(command) => restored::run(command, context).await,
    }
}
