//! `privyseal trust`

mod build;
mod inspect;
mod key;
mod place;
mod pull;
mod run;
mod verify;

use clap::Subcommand;

use super::context::Context;
use crate::Exit;

/// Docker Content Trust.
#[derive(Subcommand, Debug)]
pub enum TrustCommand {
    /// Says which digest of an image is signed, and by whom.
    Verify(verify::VerifyCommand),
    /// Pulls an image by its signed digest.
    Pull(pull::PullCommand),
    /// Runs an image by its signed digest.
    Run(run::RunCommand),
    /// Builds from images by their signed digests.
    Build(build::BuildCommand),
    /// Shows what is signed of images, and by whom.
    Inspect(inspect::InspectCommand),
    /// Keys: generate, list, remove, csr, certificate, export.
    #[command(subcommand)]
    Key(key::TrustKeyCommand),
}

pub(super) async fn run(command: TrustCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        TrustCommand::Verify(command) => verify::run(command, context).await,
        TrustCommand::Pull(command) => pull::run(command, context).await,
        TrustCommand::Run(command) => run::run(command, context).await,
        TrustCommand::Build(command) => build::run(command, context).await,
        TrustCommand::Inspect(command) => inspect::run(command, context).await,
        TrustCommand::Key(command) => key::run(command, context).await,
    }
}
