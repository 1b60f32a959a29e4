use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::{StatusRequest, UnlockRequest, Waiting, waiting::Kind};
use zeroize::Zeroizing;

use super::view::KeystoreView;
use crate::Exit;
use crate::agent::{Agent, PIV, check_pin};
use crate::command::context::Context;
use crate::command::{device, secret};
use crate::show::{Screen, escape};

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
    let (mut pin, wait) = match command.again {
        true => Default::default(),
        false => pin(&command, &agent, context.screen).await?,
    };
    let request = UnlockRequest {
        keystore: command.keystore,
        pin: std::mem::take(&mut *pin),
        again: command.again,
        wait,
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

/// The PIN, and the id of the request that it is for; 0 where none waits.
async fn pin(
    command: &Unlock,
    agent: &Agent,
    screen: &mut Screen,
) -> anyhow::Result<(Zeroizing<String>, u64)> {
    let Asked { kind, what, waits } = asked(agent, &command.keystore).await?;
    for later in waits.iter().skip(1) {
        let about = escape(&later.about);
        screen.note(&format!(
            "another request waits, which this PIN is not for: {about}\n"
        ))?;
    }
    let pin = match &command.pin_file {
        Some(path) => secret::in_file(path)?,
        None => secret::typed(&what, "--pin-file").await?,
    };
    check_pin(&kind, &pin).map_err(device::not_sent)?;
    Ok((pin, waits.first().map_or(0, |first| first.id)))
}

/// What a person is asked for.
struct Asked {
    /// The keystore's kind.
    kind: String,
    /// By the device, where there is one that they can see, and with what it is for, where a request
    /// waits.
    what: String,
    /// The requests that wait for the PIN, the first first.
    waits: Vec<Waiting>,
}

async fn asked(agent: &Agent, keystore: &str) -> anyhow::Result<Asked> {
    let reply = agent.admin().status(StatusRequest {}).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let mut keystores = reply.keystores.into_iter();
    let found = keystores.find(|found| found.name == keystore);
    let found = found.unwrap_or_default();
    let waits = found.waiting.into_iter();
    let waits: Vec<_> = waits.filter(|wait| wait.kind() == Kind::Pin).collect();
    let what = match found.kind.as_str() {
        PIV if !found.token_serial.is_empty() => format!("PIN of YubiKey {}", found.token_serial),
        _ => format!("PIN of keystore {keystore}"),
    };
    let what = match waits.first() {
        Some(wait) => format!("{what}, to sign {}", escape(&wait.about)),
        None => what,
    };
    Ok(Asked {
        kind: found.kind,
        what,
        waits,
    })
}
