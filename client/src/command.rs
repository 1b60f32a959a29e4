//! The commands, one file each.

pub mod agent;
mod consent;
mod context;
mod device;
pub mod draft;
pub mod key;
pub mod ledger;
pub mod notary;
mod proof;
pub mod repo;
mod secret;
mod source;
pub mod trust;
pub mod verify;
pub mod yubikey;

use crate::Exit;
use crate::cli::{Cli, Command};
use crate::show::Screen;
use context::Context;

/// Runs the command that the command line names.
pub(crate) async fn run(cli: Cli, screen: &mut Screen) -> anyhow::Result<Exit> {
    let mut context = Context {
        chosen_agent: cli.agent,
        screen,
    };
    match cli.command {
        Command::Key(command) => key::run(command, &mut context).await,
        Command::Repo(command) => repo::run(command, &mut context).await,
        Command::Draft(command) => draft::run(command, &mut context).await,
        Command::Verify(command) => verify::run(command, &mut context).await,
        Command::Trust(command) => trust::run(command, &mut context).await,
        Command::Notary(command) => notary::run(command, &mut context).await,
        Command::Agent(command) => agent::run(command, &mut context).await,
        Command::Ledger(command) => ledger::run(command, &mut context).await,
        Command::Yubikey(command) => yubikey::run(command, &mut context).await,
    }
}
