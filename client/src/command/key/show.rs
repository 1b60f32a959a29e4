use clap::Args;

use super::view::KeyView;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal key show root-1
  privyseal key show online:timestamp --json | jq -r .public_key | openssl pkey -pubin -text")]
pub struct Show {
    /// The key: NAME, or AGENT:NAME.
    #[arg(value_name = "KEY")]
    key: KeyRef,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Show, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agents = context.agents(Vec::new()).await?;
    let keys = agents.keys().await?;
    let held = agents.resolve(&keys, &command.key)?;
    let view = KeyView::new(&held.agent, held.key.clone());
    if command.json {
        context.screen.json(&view)?;
    } else {
        view.print(context.screen)?;
    }
    Ok(Exit::Done)
}
