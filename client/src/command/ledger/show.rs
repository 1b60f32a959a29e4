use std::io::Write;

use clap::Args;
use privyseal_proto::ledger::v1::Record;
use privyseal_proto::v1::RecordsRequest;
use prost::Message;

use super::event::RecordView;
use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::show::print_table;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal ledger show --last 20
  privyseal ledger show --json | jq '.[] | select(.event == \"will sign\")'")]
pub struct Show {
    /// Only the last N records.
    #[arg(long, short = 'n', value_name = "N")]
    last: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Show, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let size = agent.known().head.size;
    let first = command.last.map_or(0, |last| size.saturating_sub(last));
    let views = fetch(&agent, first, size).await?;
    if command.json {
        context.screen.json(&views)?;
    } else {
        let rows = views.iter().map(RecordView::row);
        print_table(context.screen, &RecordView::HEADER, rows)?;
        writeln!(
            context.screen,
            "{size} records; these are as the agent tells them: `privyseal ledger verify` checks them"
        )?;
    }
    Ok(Exit::Done)
}

async fn fetch(agent: &Agent, first: u64, size: u64) -> anyhow::Result<Vec<RecordView>> {
    // A count of 0 would ask for all of them.
    let count = size.saturating_sub(first);
    if count == 0 {
        return Ok(Vec::new());
    }
    let reply = agent
        .ledger()
        .records(RecordsRequest { first, count })
        .await;
    let mut stream = reply.map_err(|status| agent.error(&status))?.into_inner();
    let mut views = Vec::new();
    while let Some(record) = stream
        .message()
        .await
        .map_err(|status| agent.error(&status))?
    {
        let decoded = Record::decode(record.record.as_slice())
            .map_err(|_| agent.wrong_answer(format!("record {} is no record", record.index)))?;
        views.push(RecordView::new(record.index, &decoded));
    }
    Ok(views)
}
