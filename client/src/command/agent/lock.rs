use clap::Args;
use privyseal_proto::v1::LockRequest;

use super::view::KeystoreView;
use crate::Exit;
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal agent lock hsm")]
pub struct Lock {
    /// The keystore, as in the agent's config.
    keystore: String,
}

pub(super) async fn run(command: Lock, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let reply = agent
        .admin()
        .lock(LockRequest {
            keystore: command.keystore,
        })
        .await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let keystore = reply
        .keystore
        .ok_or_else(|| agent.wrong_answer("the keystore is missing"))?;
    KeystoreView::from(keystore).print(context.screen)?;
    Ok(Exit::Done)
}
