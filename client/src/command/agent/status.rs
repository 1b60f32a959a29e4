use std::io::Write;

use clap::Args;
use privyseal_proto::v1::StatusRequest;

use super::view::StatusView;
use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal agent status
  privyseal agent status --agent online --json | jq '.[].keystores'")]
pub struct Status {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Status, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agents = context.agents(Vec::new()).await?;
    let mut views = Vec::new();
    for agent in agents.connected() {
        views.push(ask(agent).await?);
    }
    if command.json {
        context.screen.json(&views)?;
    } else {
        for view in &views {
            view.print(context.screen)?;
            writeln!(context.screen)?;
        }
    }
    Ok(if context.report_missing(&agents)? {
        Exit::Failed
    } else {
        Exit::Done
    })
}

async fn ask(agent: &Agent) -> anyhow::Result<StatusView> {
    let reply = agent.admin().status(StatusRequest {}).await;
    let status = reply.map_err(|status| agent.error(&status))?.into_inner();
    Ok(StatusView::new(agent, status))
}
