use clap::Args;
use privyseal_ledger::{Hash, verify_inclusion};
use privyseal_proto::ledger::v1::Record;
use privyseal_proto::v1::ProveRequest;
use prost::Message;
use serde::Serialize;

use super::event::RecordView;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::{print_fields, print_table};

#[derive(Args, Debug)]
#[command(after_help = "\
The proof is verified here, against the head that this client has proved, before it is printed.

Examples:
  privyseal ledger prove 42
  privyseal ledger prove 42 --json > proof.json")]
pub struct Prove {
    /// The record's index, as `ledger show` lists it.
    index: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Proof {
    genesis: String,
    index: u64,
    size: u64,
    root: String,
    leaf_hash: String,
    path: Vec<String>,
    /// The record's bytes in hex; absent where the agent does not show them to this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
}

pub(super) async fn run(command: Prove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let agent = context.agent().await?;
    let known = *agent.known();
    let request = ProveRequest {
        index: command.index,
        size: known.head.size,
    };
    let reply = agent.ledger().prove(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let leaf = agent.hash(&reply.leaf_hash)?;
    let path = reply
        .path
        .iter()
        .map(|hash| agent.hash(hash))
        .collect::<Result<Vec<_>, _>>()?;
    verify_inclusion(&leaf, command.index, &known.head, &path)
        .map_err(|e| not_proved(command.index, &e.to_string()))?;
    let record = Some(reply.record).filter(|record| !record.is_empty());
    if record
        .as_ref()
        .is_some_and(|record| Hash::leaf(record) != leaf)
    {
        return Err(not_proved(command.index, "the record is not the one of the proof").into());
    }
    if command.json {
        context.screen.json(&Proof {
            genesis: known.genesis.to_string(),
            index: command.index,
            size: known.head.size,
            root: known.head.root.to_string(),
            leaf_hash: leaf.to_string(),
            path: path.iter().map(ToString::to_string).collect(),
            record: record.map(hex::encode),
        })?;
        return Ok(Exit::Done);
    }
    print_fields(
        context.screen,
        &[
            ("ledger", known.genesis.to_string()),
            (
                "record",
                format!("{} of {}", command.index, known.head.size),
            ),
            ("leaf hash", leaf.to_string()),
            ("root hash", known.head.root.to_string()),
            ("proof", format!("{} hashes, verified", path.len())),
        ],
    )?;
    if let Some(decoded) = record.and_then(|record| Record::decode(record.as_slice()).ok()) {
        let row = RecordView::new(command.index, &decoded).row();
        print_table(context.screen, &RecordView::HEADER, [row])?;
    }
    Ok(Exit::Done)
}

fn not_proved(index: u64, why: &str) -> Advice {
    Advice::needs_person(
        format!("the proof for record {index} does not hold: {why}"),
        "verify the whole ledger with `privyseal ledger verify`",
    )
}
