use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::{StatusRequest, UnlockRequest};
use zeroize::Zeroizing;

use super::view::KeystoreView;
use crate::Exit;
use crate::agent::{Agent, PIV, check_pin};
use crate::command::context::Context;
use crate::command::{device, secret};

#[derive(Args, Debug)]
#[command(after_help = "\
The PIN is typed on the terminal, or read from a file that only its owner may read; it is never
taken from the command line or the environment, where others could see it.

Examples:
  privyseal agent unlock hsm
  privyseal agent unlock hsm --pin-file /run/user/1000/pin
  privyseal agent unlock hsm --again     (the agent's own PIN source, after a failed attempt)")]
pub struct Unlock {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Read the PIN from a file of mode 0600 or 0400.
    #[arg(long, value_name = "FILE", conflicts_with = "again")]
    pin_file: Option<PathBuf>,
    /// Let the agent use its configured PIN source once more.
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(command: Unlock, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let mut pin = match command.again {
        true => Zeroizing::default(),
        false => pin(&command, &agent).await?,
    };
    let request = UnlockRequest {
        keystore: command.keystore,
        pin: std::mem::take(&mut *pin),
        again: command.again,
    };
    let reply = agent.admin().unlock(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let keystore = reply
        .keystore
        .ok_or_else(|| agent.wrong_answer("the keystore is missing"))?;
    let view = KeystoreView::from(keystore);
    view.print(context.screen)?;
    Ok(if view.is_ready() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

async fn pin(command: &Unlock, agent: &Agent) -> anyhow::Result<Zeroizing<String>> {
    let (kind, what) = asked(agent, &command.keystore).await?;
    let pin = match &command.pin_file {
        Some(path) => secret::in_file(path)?,
        None => secret::typed(&what, "--pin-file").await?,
    };
    check_pin(&kind, &pin).map_err(device::not_sent)?;
    Ok(pin)
}

/// The keystore's kind, and what a person is asked for: by the device, where there is one that they can see.
async fn asked(agent: &Agent, keystore: &str) -> anyhow::Result<(String, String)> {
    let reply = agent.admin().status(StatusRequest {}).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let mut keystores = reply.keystores.into_iter();
    let found = keystores.find(|found| found.name == keystore);
    let found = found.unwrap_or_default();
    let what = match found.kind.as_str() {
        PIV if !found.token_serial.is_empty() => format!("PIN of YubiKey {}", found.token_serial),
        _ => format!("PIN of keystore {keystore}"),
    };
    Ok((found.kind, what))
}
