//! `privyseal trust`

mod build;
mod desk;
mod init;
mod inspect;
mod key;
mod outcome;
mod place;
mod pull;
mod revoke;
mod run;
mod sign;
mod verify;

use clap::Subcommand;

use super::context::Context;
use crate::Exit;

/// Docker Content Trust.
#[derive(Subcommand, Debug)]
pub enum TrustCommand {
    /// Signs tags of images.
    Sign(sign::Sign),
    /// Takes the signatures of a tag back, or of all tags.
    Revoke(revoke::Revoke),
    /// Makes the trust data of a repository.
    Init(init::Init),
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
        TrustCommand::Sign(command) => sign::run(command, context).await,
        TrustCommand::Revoke(command) => revoke::run(command, context).await,
        TrustCommand::Init(command) => init::run(command, context).await,
        TrustCommand::Verify(command) => verify::run(command, context).await,
        TrustCommand::Pull(command) => pull::run(command, context).await,
        TrustCommand::Run(command) => run::run(command, context).await,
        TrustCommand::Build(command) => build::run(command, context).await,
        TrustCommand::Inspect(command) => inspect::run(command, context).await,
        TrustCommand::Key(command) => key::run(command, context).await,
    }
}
