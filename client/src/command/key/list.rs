use std::io::Write;

use clap::Args;

use super::filter::KeyFilter;
use super::view::KeyView;
use crate::Exit;
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal key list
  privyseal key list --wide
  privyseal key list --purpose notary --repository 'registry.example.org/team/**'
  privyseal key list --unused
  privyseal key list --json | jq -r '.[].keyid'")]
pub struct List {
    #[command(flatten)]
    filter: KeyFilter,
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
    let all = keys.len();
    let meant = keys
        .into_iter()
        .filter(|held| command.filter.matches(&held.key));
    let views: Vec<KeyView> = meant
        .map(|held| KeyView::new(&held.agent, held.key))
        .collect();
    if command.json {
        context.screen.json(&views)?;
    } else if all == 0 {
        writeln!(
            context.screen,
            "no keys (an agent lists only those that its grants give you)"
        )?;
    } else if views.is_empty() {
        writeln!(context.screen, "none of {all} keys is meant")?;
    } else {
        KeyView::print_table(&views, command.wide, context.screen)?;
    }
    Ok(if context.report_missing(&agents)? {
        Exit::Failed
    } else {
        Exit::Done
    })
}
