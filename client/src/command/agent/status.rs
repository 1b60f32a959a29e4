mod watch;

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
  privyseal agent status --watch
  privyseal agent status --agent online --json | jq '.[].keystores'")]
pub struct Status {
    /// Go on, and print what changes, one line each, until Ctrl-C (operators).
    #[arg(long)]
    watch: bool,
    /// Print JSON; with --watch, an object a line for each change.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Status, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agents = context.agents(Vec::new()).await?;
    if command.watch {
        let missing = context.report_missing(&agents)?;
        watch::run(agents.connected(), command.json, context).await?;
        return Ok(match missing {
            true => Exit::Failed,
            false => Exit::Done,
        });
    }
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
