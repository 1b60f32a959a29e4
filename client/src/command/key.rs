//! `privyseal key`

pub(super) mod attest;
mod enroll;
mod filter;
pub(super) mod generate;
mod list;
mod remove;
mod show;
mod view;

use clap::{Args, Subcommand, ValueEnum};

pub(super) use filter::RepositoryGlob;

use super::context::Context;
use crate::Exit;

/// The commands about keys.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Generates a key on a token. It never leaves it.
    Generate(generate::Generate),
    /// Enrols a key that is on a token already.
    Enroll(enroll::Enroll),
    /// Lists the keys of all agents.
    List(list::List),
    /// Shows everything about a key, with the public key.
    Show(show::Show),
    /// Shows what a YubiKey proves of a key, for others to verify.
    Attest(attest::Attest),
    /// Destroys keys that were made for a notary-server.
    Remove(remove::Remove),
}

/// What a key is for; fixed when it is enrolled.
#[derive(Args, Debug)]
struct Belonging {
    /// The authority in the agent's config that the key belongs to, such as "production".
    #[arg(long, value_name = "AUTHORITY")]
    authority: String,
    /// The repository that the key belongs to, such as "example.org/packages". Of a root or delegation
    /// key for images that shared_keys in the agent's config covers also a glob, such as
    /// "registry.example.org/**".
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// The repository's first root (hex SHA-256 of its canonical "signed"), where it exists already.
    #[arg(long, value_name = "HEX", default_value = "")]
    first_root: String,
    /// For images (Docker Content Trust): what the key signs. Its authority is one with dialect =
    /// "notary".
    #[arg(long, value_enum, value_name = "ROLE", conflicts_with = "first_root")]
    role: Option<TrustRole>,
}

/// What a key for images signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TrustRole {
    /// Roots, through its certificate.
    Root,
    /// The tags of a repository, and who else may sign some.
    Targets,
    /// What is published together, where notary-server does not say it.
    Snapshot,
    /// Tags, for a signer: every role under targets/.
    Delegation,
}

impl Belonging {
    /// What the key is for.
    fn purpose(&self) -> String {
        let purpose = if self.role.is_some() { "trust" } else { "tuf" };
        purpose.to_owned()
    }

    /// The role, as the agent names it.
    fn role(&self) -> String {
        let role = self.role.and_then(|role| role.to_possible_value());
        role.map_or(String::new(), |role| role.get_name().to_owned())
    }
}

pub(super) async fn run(command: KeyCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    match command {
        KeyCommand::Generate(command) => generate::run(command, context).await,
        KeyCommand::Enroll(command) => enroll::run(command, context).await,
        KeyCommand::List(command) => list::run(command, context).await,
        KeyCommand::Show(command) => show::run(command, context).await,
        KeyCommand::Attest(command) => attest::run(command, context).await,
        KeyCommand::Remove(command) => remove::run(command, context).await,
    }
}
