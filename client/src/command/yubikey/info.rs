use clap::Args;
use privyseal_proto::v1::{DescribeYubiKeyRequest, YubiKey};

use super::view::YubiKeyView;
use crate::Exit;
use crate::agent::{Agent, AgentError};
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal yubikey info root-a
  privyseal yubikey info root-a --json | jq '.pin.left'")]
pub struct Info {
    /// The keystore, as in the agent's config.
    keystore: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Info, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let view = YubiKeyView::from(described(&agent, &command.keystore).await?);
    if command.json {
        context.screen.json(&view)?;
    } else {
        view.print(context.screen)?;
    }
    Ok(Exit::Done)
}

/// What a device says of itself. No PIN is tried.
pub(super) async fn described(agent: &Agent, keystore: &str) -> Result<YubiKey, AgentError> {
    let request = DescribeYubiKeyRequest {
        keystore: keystore.to_owned(),
    };
    let reply = agent.yubikeys().describe(request).await;
    Ok(reply.map_err(|status| agent.error(&status))?.into_inner())
}
