//! `privyseal trust`

mod add;
mod adopt;
mod build;
mod ceremony;
mod delegation;
mod delete;
mod desk;
mod enroll;
mod init;
mod inspect;
mod key;
mod list;
mod outcome;
mod pem;
mod place;
mod publish;
mod pull;
mod remove;
mod reset;
mod revoke;
mod rotate;
mod run;
mod sign;
mod signer;
mod stage;
mod status;
mod verify;
mod witness;

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
    /// Signers: add, remove.
    #[command(subcommand)]
    Signer(signer::SignerCommand),
    /// Delegations: add, remove, purge, list.
    #[command(subcommand)]
    Delegation(delegation::DelegationCommand),
    /// Stages a target by a file or digest.
    Add(add::Add),
    /// Stages the removal of a target.
    Remove(remove::Remove),
    /// Stages that roles are signed anew, as they are.
    Witness(witness::Witness),
    /// Publishes what is staged.
    Publish(publish::Publish),
    /// Shows what is staged.
    Status(status::Status),
    /// Drops staged changes.
    Reset(reset::Reset),
    /// Gives a role of the root other keys.
    Rotate(rotate::Rotate),
    /// Lists what is signed, role by role.
    List(list::List),
    /// Has agents take a repository whose first root they did not sign.
    Enroll(enroll::Enroll),
    /// Forgets a repository, and with --remote deletes its trust data.
    Delete(delete::Delete),
    /// Says which digest of an image is signed, and by whom.
    #[command(alias = "lookup")]
    Verify(verify::VerifyCommand),
    /// Pulls an image by its signed digest.
    Pull(pull::PullCommand),
    /// Runs an image by its signed digest.
    Run(run::RunCommand),
    /// Builds from images by their signed digests.
    Build(build::BuildCommand),
    /// Shows what is signed of images, and by whom.
    Inspect(inspect::InspectCommand),
    /// Goes over from keys in files to keys at the agents.
    Adopt(adopt::Adopt),
    /// Keys: generate, load, list, remove, csr, certificate, export.
    #[command(subcommand)]
    Key(key::TrustKeyCommand),
}

pub(super) async fn run(command: TrustCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        TrustCommand::Sign(command) => sign::run(command, context).await,
        TrustCommand::Revoke(command) => revoke::run(command, context).await,
        TrustCommand::Init(command) => init::run(command, context).await,
        TrustCommand::Signer(command) => signer::run(command, context).await,
        TrustCommand::Delegation(command) => delegation::run(command, context).await,
        TrustCommand::Add(command) => add::run(command, context).await,
        TrustCommand::Remove(command) => remove::run(command, context).await,
        TrustCommand::Witness(command) => witness::run(command, context).await,
        TrustCommand::Publish(command) => publish::run(command, context).await,
        TrustCommand::Status(command) => status::run(command, context).await,
        TrustCommand::Reset(command) => reset::run(command, context).await,
        TrustCommand::Rotate(command) => rotate::run(command, context).await,
        TrustCommand::List(command) => list::run(command, context).await,
        TrustCommand::Enroll(command) => enroll::run(command, context).await,
        TrustCommand::Delete(command) => delete::run(command, context).await,
        TrustCommand::Verify(command) => verify::run(command, context).await,
        TrustCommand::Pull(command) => pull::run(command, context).await,
        TrustCommand::Run(command) => run::run(command, context).await,
        TrustCommand::Build(command) => build::run(command, context).await,
        TrustCommand::Inspect(command) => inspect::run(command, context).await,
        TrustCommand::Adopt(command) => adopt::run(command, context).await,
        TrustCommand::Key(command) => key::run(command, context).await,
    }
}
