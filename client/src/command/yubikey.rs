//! `privyseal yubikey`

mod change;
mod import_certificate;
mod info;
mod list;
mod management_key;
mod setup;
mod view;
mod wanted;
mod weak;

use clap::Subcommand;

use super::context::Context;
use super::key::{attest, generate};
use crate::Exit;

/// The commands about YubiKeys.
#[derive(Subcommand, Debug)]
pub enum YubiKeyCommand {
    /// Lists what is plugged in where the agent runs, with what its config needs.
    List(list::List),
    /// From a factory-fresh YubiKey to a root key, step by step.
    Setup(setup::Setup),
    /// Shows a YubiKey: tries that are left, slots, keys, warnings.
    Info(info::Info),
    /// Makes a key: `privyseal key generate`.
    Generate(generate::Generate),
    /// Shows what a YubiKey proves of a key: `privyseal key attest`.
    Attest(attest::Attest),
    /// Changes the PIN.
    ChangePin(change::ChangePin),
    /// Changes the PUK.
    ChangePuk(change::ChangePuk),
    /// Sets a new PIN with the PUK.
    Unblock(change::Unblock),
    /// Changes the management key.
    SetManagementKey(management_key::SetManagementKey),
    /// Puts a certificate beside a key.
    ImportCertificate(import_certificate::ImportCertificate),
}

pub(super) async fn run(
    command: YubiKeyCommand,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    match command {
        YubiKeyCommand::List(command) => list::run(command, context).await,
        YubiKeyCommand::Setup(command) => setup::run(command, context).await,
        YubiKeyCommand::Info(command) => info::run(command, context).await,
        YubiKeyCommand::Generate(command) => generate::run(command, context).await,
        YubiKeyCommand::Attest(command) => attest::run(command, context).await,
        YubiKeyCommand::ChangePin(command) => change::pin(command, context).await,
        YubiKeyCommand::ChangePuk(command) => change::puk(command, context).await,
        YubiKeyCommand::Unblock(command) => change::unblock(command, context).await,
        YubiKeyCommand::SetManagementKey(command) => management_key::run(command, context).await,
        YubiKeyCommand::ImportCertificate(command) => {
            import_certificate::run(command, context).await
        }
    }
}
