use std::io::Write;

use clap::Args;

use super::view::KeyView;
use crate::Exit;
use crate::command::context::Context;
use crate::show::print_table;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal key list
  privyseal key list --wide
  privyseal key list --json | jq -r '.[].keyid'")]
pub struct List {
    /// Show keyids and lineages in full.
    #[arg(long, short)]
    wide: bool,
    /// Print JSON.
    #[arg(long, conflicts_with = "wide")]
    json: bool,
}

pub(super) async fn run(command: List, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agents = context.agents(Vec::new()).await?;
    let keys = agents.keys().await?;
    let views: Vec<KeyView> = keys
        .into_iter()
        .map(|held| KeyView::new(&held.agent, held.key))
        .collect();
    if command.json {
        context.screen.json(&views)?;
    } else if views.is_empty() {
        writeln!(
            context.screen,
            "no keys (an agent lists only those that its grants give you)"
        )?;
    } else {
        let rows = views.iter().map(|view| view.row(command.wide));
        print_table(context.screen, &KeyView::HEADER, rows)?;
    }
    Ok(if context.report_missing(&agents)? {
        Exit::Failed
    } else {
        Exit::Done
    })
}
