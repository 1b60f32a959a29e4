//! `privyseal trust key`

mod certify;
mod export;
mod generate;
mod list;
mod load;
mod public;
mod remove;
mod token;

use clap::Subcommand;

use crate::Exit;
use crate::command::context::Context;

/// The commands about keys of Docker Content Trust.
#[derive(Subcommand, Debug)]
pub enum TrustKeyCommand {
    /// Generates a key on a token; of a signer's it writes the public half to NAME.pub.
    Generate(generate::Generate),
    /// Imports a private key out of a file, where the agent's config allows it.
    Load(load::Load),
    /// Lists the keys of all agents that sign for image repositories.
    List(list::List),
    /// Destroys a key on its token that never signed anything.
    Remove(remove::Remove),
    /// Makes a request for a certificate (PKCS#10), signed in the token.
    #[command(alias = "request")]
    Csr(certify::Request),
    /// Makes a certificate that the key signs for itself, in the token.
    Certificate(certify::Certificate),
    /// Writes the public half, with the role as docker and notary have it.
    Export(export::Export),
}

pub(super) async fn run(
    command: TrustKeyCommand,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    match command {
        TrustKeyCommand::Generate(command) => generate::run(command, context).await,
        TrustKeyCommand::Load(command) => load::run(command, context).await,
        TrustKeyCommand::List(command) => list::run(command, context).await,
        TrustKeyCommand::Remove(command) => remove::run(command, context).await,
        TrustKeyCommand::Csr(command) => certify::request(command, context).await,
        TrustKeyCommand::Certificate(command) => certify::certificate(command, context).await,
        TrustKeyCommand::Export(command) => export::run(command, context).await,
    }
}
