use std::path::PathBuf;

use clap::Args;
use privyseal_proto::v1::keystore_status::State;
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
    let Given {
        mut pin,
        wait,
        is_tried,
    } = match command.again {
        true => Given::default(),
        false => given(&command, &agent, context.screen).await?,
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
    if !command.again && !is_tried && view.is_ready() {
        context.screen.note(UNTRIED)?;
    }
    Ok(if view.is_ready() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Said of a PKCS#11 token: C_Login tells nothing of a PIN where somebody is logged in already. A
/// YubiKey tells of each PIN.
const UNTRIED: &str = "the keystore was open already, so the PIN is not proven to be right: it is held for a key that wants it for each signature, where there is one, and tried with that signature";

/// What a person gave.
#[derive(Default)]
struct Given {
    pin: Zeroizing<String>,
    /// The id of the request that it is for; 0 where none waits.
    wait: u64,
    /// Whether the token says at once if the PIN is right.
    is_tried: bool,
}

async fn given(command: &Unlock, agent: &Agent, screen: &mut Screen) -> anyhow::Result<Given> {
    let Asked {
        kind,
        is_ready,
        what,
        waits,
    } = asked(agent, &command.keystore).await?;
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
    Ok(Given {
        pin,
        wait: waits.first().map_or(0, |first| first.id),
        is_tried: kind == PIV || !is_ready,
    })
}

/// What a person is asked for.
struct Asked {
    /// The keystore's kind.
    kind: String,
    is_ready: bool,
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
    let is_ready = found.state() == State::Ready;
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
        is_ready,
        what,
        waits,
    })
}
