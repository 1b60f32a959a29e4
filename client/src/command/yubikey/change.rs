//! PIN and PUK: changed, and the PIN set anew with the PUK.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::{ChangePinRequest, ChangePukRequest, UnblockPinRequest};

use super::wanted::Wanted;
use crate::Exit;
use crate::command::context::Context;
use crate::show::escape;

#[derive(Args, Debug)]
#[command(after_help = "\
A wrong PIN costs one of its tries, which are three from the factory; the last one is never used up.

Examples:
  privyseal yubikey change-pin root-a
  privyseal yubikey change-pin root-a --pin-file old --new-pin-file new")]
pub struct ChangePin {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Read the present PIN from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Read the new PIN from such a file.
    #[arg(long, value_name = "FILE")]
    new_pin_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The PUK sets a new PIN where the old one is blocked or forgotten. Keep it apart from the YubiKey.

Examples:
  privyseal yubikey change-puk root-a
  privyseal yubikey change-puk root-a --puk-file old --new-puk-file new")]
pub struct ChangePuk {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Read the present PUK from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE")]
    puk_file: Option<PathBuf>,
    /// Read the new PUK from such a file.
    #[arg(long, value_name = "FILE")]
    new_puk_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Sets a new PIN, whether or not the old one is blocked. A wrong PUK costs one of its tries, and there
is nothing above the PUK: with both blocked, the PIV application can only be reset.

Examples:
  privyseal yubikey unblock root-a
  privyseal yubikey unblock root-a --puk-file puk --new-pin-file pin")]
pub struct Unblock {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Read the PUK from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE")]
    puk_file: Option<PathBuf>,
    /// Read the new PIN from such a file.
    #[arg(long, value_name = "FILE")]
    new_pin_file: Option<PathBuf>,
}

pub(super) async fn pin(command: ChangePin, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let keystore = &command.keystore;
    let old = Wanted::pin(keystore, command.pin_file.as_deref())
        .present()
        .await?;
    let new = Wanted::new_pin(keystore, command.new_pin_file.as_deref())
        .new_one(None)
        .await?;
    let request = ChangePinRequest {
        keystore: keystore.clone(),
        old_pin: old.to_string(),
        new_pin: new.to_string(),
    };
    let reply = agent.yubikeys().change_pin(request).await;
    let record = reply.map_err(|status| agent.error(&status))?.into_inner();
    done("the PIN was changed", keystore, record.record, context)
}

pub(super) async fn puk(command: ChangePuk, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let keystore = &command.keystore;
    let old = Wanted::puk(keystore, command.puk_file.as_deref())
        .present()
        .await?;
    let new = Wanted::new_puk(keystore, command.new_puk_file.as_deref())
        .new_one(None)
        .await?;
    let request = ChangePukRequest {
        keystore: keystore.clone(),
        old_puk: old.to_string(),
        new_puk: new.to_string(),
    };
    let reply = agent.yubikeys().change_puk(request).await;
    let record = reply.map_err(|status| agent.error(&status))?.into_inner();
    done("the PUK was changed", keystore, record.record, context)
}

pub(super) async fn unblock(command: Unblock, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let keystore = &command.keystore;
    let puk = Wanted::puk(keystore, command.puk_file.as_deref())
        .present()
        .await?;
    let new = Wanted::new_pin(keystore, command.new_pin_file.as_deref());
    let new = new.new_one(Some(("PUK", &puk))).await?;
    let request = UnblockPinRequest {
        keystore: keystore.clone(),
        puk: puk.to_string(),
        new_pin: new.to_string(),
    };
    let reply = agent.yubikeys().unblock_pin(request).await;
    let record = reply.map_err(|status| agent.error(&status))?.into_inner();
    done("there is a new PIN", keystore, record.record, context)
}

/// Says what was done, and where it is recorded.
pub(super) fn done(
    what: &str,
    keystore: &str,
    record: u64,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let keystore = escape(keystore);
    writeln!(context.screen, "{keystore}: {what} (record {record})")?;
    Ok(Exit::Done)
}
