//! `privyseal draft`

mod enroll;
mod input;
mod payload;
mod show;
mod sign;
mod supersede;
mod view;

use clap::Subcommand;

pub(super) use input::{read as read_draft, read_bytes};

use super::context::Context;
use crate::Exit;

/// The commands about draft files, which need no project.
#[derive(Subcommand, Debug)]
pub enum DraftCommand {
    /// Shows what a draft would change, who has signed it and who is missing.
    Show(show::Show),
    /// Writes the bytes that are signed, for other tools.
    Payload(payload::Payload),
    /// Has the agents here sign a draft, after showing what it changes.
    Sign(sign::Sign),
    /// Makes the draft's repository known to an agent (operators).
    Enroll(enroll::Enroll),
    /// Has an agent give up another draft of the same version (operators).
    Supersede(supersede::Supersede),
}

pub(super) async fn run(command: DraftCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        DraftCommand::Show(command) => show::run(&command, context),
        DraftCommand::Payload(command) => payload::run(&command, context),
        DraftCommand::Sign(command) => sign::run(command, context).await,
        DraftCommand::Enroll(command) => enroll::run(&command, context).await,
        DraftCommand::Supersede(command) => supersede::run(command, context).await,
    }
}
