use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use privyseal_ledger::{Audit, Hash, Head, Summary, checkpoint, verify_directory};
use privyseal_proto::v1::{CheckpointRequest, RecordsRequest};
use serde::Serialize;

use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::print_fields;

#[derive(Args, Debug)]
#[command(after_help = "\
Fetches every record, computes the tree anew, checks the signature of every checkpoint in it,
compares the result with what this client remembers, and has the agent sign a fresh checkpoint.
With --directory it reads a copy of a ledger instead, without an agent.

Examples:
  privyseal ledger verify
  privyseal ledger verify --directory /backup/ledger --genesis 5f0c...")]
pub struct Verify {
    /// A copy of the ledger's directory.
    #[arg(long, value_name = "DIR", requires = "genesis")]
    directory: Option<PathBuf>,
    /// The ledger's name: the hash of its first record, as `agent status` shows it.
    #[arg(long, value_name = "HEX", requires = "directory")]
    genesis: Option<Hash>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verified {
    genesis: String,
    records: u64,
    root: String,
    checkpoints: u64,
    /// Records that a signed checkpoint covers, the fresh one included.
    signed: u64,
}

pub(super) async fn run(command: Verify, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let verified = match (&command.directory, &command.genesis) {
        (Some(directory), Some(genesis)) => offline(directory, *genesis)?,
        _ => online(context.agent().await?).await?,
    };
    if command.json {
        context.screen.json(&verified)?;
        return Ok(Exit::Done);
    }
    let Verified {
        genesis,
        records,
        root,
        checkpoints,
        signed,
    } = verified;
    print_fields(
        context.screen,
        &[
            ("ledger", genesis),
            ("records", records.to_string()),
            ("root hash", root),
            (
                "checkpoints",
                format!("{checkpoints}, each with a good signature"),
            ),
            ("signed for", format!("{signed} of {records} records")),
        ],
    )?;
    writeln!(context.screen, "verified")?;
    Ok(Exit::Done)
}

fn offline(directory: &Path, genesis: Hash) -> anyhow::Result<Verified> {
    let replay = verify_directory(directory, Some(genesis), &mut |_, _| {}).map_err(|e| {
        Advice::needs_person(
            format!("{}: {e}", e.reason()),
            "compare with another copy, and find out what happened",
        )
    })?;
    let summary = &replay.summary;
    Ok(Verified::new(summary, summary.last_checkpoint.size))
}

async fn online(agent: Agent) -> anyhow::Result<Verified> {
    let remembered = *agent.known();
    let audit = replay(&agent, remembered.genesis, remembered.head.size).await?;
    let summary = audit.finish().map_err(|e| not_verified(e.to_string()))?;
    if summary.head != remembered.head {
        return Err(not_verified(format!(
            "the {} records lead to root {}, but the agent shows {}",
            summary.head.size, summary.head.root, remembered.head.root
        ))
        .into());
    }
    let signed = fresh_checkpoint(agent, &summary).await?;
    Ok(Verified::new(&summary, signed.size))
}

async fn replay(agent: &Agent, genesis: Hash, size: u64) -> anyhow::Result<Audit> {
    let mut audit = Audit::new(Some(genesis));
    let reply = agent
        .ledger()
        .records(RecordsRequest {
            first: 0,
            count: size,
        })
        .await;
    let mut stream = reply.map_err(|status| agent.error(&status))?.into_inner();
    while let Some(record) = stream
        .message()
        .await
        .map_err(|status| agent.error(&status))?
    {
        audit
            .push(record.index, &record.record)
            .map_err(|e| not_verified(e.to_string()))?;
    }
    Ok(audit)
}

/// Has the agent sign for the ledger as it is now, which must contain what was just verified.
async fn fresh_checkpoint(mut agent: Agent, summary: &Summary) -> anyhow::Result<Head> {
    let reply = agent.ledger().checkpoint(CheckpointRequest {}).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    let (genesis, head) =
        checkpoint::parse(&reply.text).map_err(|e| not_verified(e.to_string()))?;
    if genesis != summary.genesis || reply.public_key != summary.public_key {
        return Err(not_verified("the fresh checkpoint is of another ledger or key").into());
    }
    checkpoint::verify(&summary.public_key, &reply.text, &reply.signature)
        .map_err(|e| not_verified(e.to_string()))?;
    let seen = privyseal_proto::v1::Head {
        size: head.size,
        root: head.root.into(),
    };
    agent.prove(&[seen]).await?;
    Ok(head)
}

fn not_verified(what: impl Into<String>) -> Advice {
    Advice::needs_person(
        format!("the ledger does not verify: {}", what.into()),
        "keep a copy of the ledger as it is, do not sign with this agent, and find out what happened",
    )
}

impl Verified {
    fn new(summary: &Summary, signed: u64) -> Self {
        Self {
            genesis: summary.genesis.to_string(),
            records: summary.head.size,
            root: summary.head.root.to_string(),
            checkpoints: summary.checkpoints,
            signed: signed.min(summary.head.size),
        }
    }
}
