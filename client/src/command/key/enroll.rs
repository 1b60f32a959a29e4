use std::io::Write;

use clap::Args;
use privyseal_proto::v1::EnrollKeyRequest;

use super::Belonging;
use super::view::KeyView;
use crate::Exit;
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal key enroll root-1 --keystore hsm --id 01 --authority production --repository example.org/packages")]
pub struct Enroll {
    /// The key's name here. It is never used again for another key.
    name: String,
    /// The keystore, as in the agent's config.
    #[arg(long, short, value_name = "KEYSTORE")]
    keystore: String,
    /// The key's CKA_ID on the token, in hex.
    #[arg(long, value_name = "HEX")]
    id: String,
    #[command(flatten)]
    belonging: Belonging,
    /// Print the key as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Enroll, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let request = EnrollKeyRequest {
        keystore: command.keystore,
        name: command.name,
        object_id: command.id.to_ascii_lowercase(),
        purpose: command.belonging.purpose(),
        role: command.belonging.role(),
        authority: command.belonging.authority,
        repository: command.belonging.repository,
        first_root: command.belonging.first_root,
    };
    let reply = agent.keys().enroll(request).await;
    let key = reply.map_err(|status| agent.error(&status))?.into_inner();
    let view = KeyView::new(agent.name(), key);
    if command.json {
        context.screen.json(&view)?;
    } else {
        writeln!(context.screen, "enrolled from token {}:", view.token())?;
        view.print(context.screen)?;
    }
    Ok(Exit::Done)
}
