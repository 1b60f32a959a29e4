use std::io::Write;

use clap::Args;
use privyseal_proto::v1::{AcceptRestoredRequest, Key, ListKeysRequest};
use serde::Serialize;

use crate::Exit;
use crate::agent::Agent;
use crate::command::context::Context;
use crate::command::key::RepositoryGlob;
use crate::failure::Advice;
use crate::show::{absolute, escape, print_table};

/// More are counted.
const SHOWN: usize = 100;

#[derive(Args, Debug)]
#[command(after_help = "\
A restored database knows only the versions of its backup. notary-server then asks for signatures
over versions below those that the agent has signed, and the agent refuses them (VERSION_ROLLBACK).
This accepts it: each of these keys signs one more time whatever version notary-server asks for,
and goes on from there. Clients that saw the versions in between refuse the lower ones until
notary-server is past them. It stands in the ledger, with your reason.

Examples:
  privyseal notary restored --authority production --repository registry.example.org/team/app \\
      --reason 'disk of db-2 lost; restored the backup of 2026-11-20'
  privyseal notary restored --authority production --repository '**' --reason '...' --yes --json")]
pub struct Restored {
    /// The authority in the agent's config, such as "production".
    #[arg(long, value_name = "AUTHORITY")]
    authority: String,
    /// The repositories in the database: * and ? stop at "/", ** does not.
    #[arg(long, value_name = "GLOB")]
    repository: RepositoryGlob,
    /// What happened. It stands in the ledger.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Print JSON.
    #[arg(long, requires = "yes")]
    json: bool,
}

#[derive(Serialize)]
struct RestoredView {
    agent: String,
    authority: String,
    keys: Vec<String>,
}

pub(super) async fn run(command: Restored, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut agent = context.agent().await?;
    let keys = used_keys(&agent, &command).await?;
    if !command.json {
        print_used(&keys, context)?;
    }
    if !command.yes {
        let question =
            "Let each of these keys sign any version next, even one that it signed before?";
        context.confirm_in_full(question, "nothing was accepted")?;
    }
    let request = AcceptRestoredRequest {
        authority: command.authority.clone(),
        repositories: command.repository.as_str().to_owned(),
        reason: command.reason,
    };
    let reply = agent.admin().accept_restored(request).await;
    let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
    agent.prove(reply.head.as_slice()).await?;
    if command.json {
        context.screen.json(&RestoredView {
            agent: agent.name().to_owned(),
            authority: command.authority,
            keys: reply.keys,
        })?;
        return Ok(Exit::Done);
    }
    writeln!(
        context.screen,
        "accepted and recorded; any version may be next for:"
    )?;
    let mut keys = reply.keys.iter();
    keys.try_for_each(|key| writeln!(context.screen, "{}", escape(key)))?;
    Ok(Exit::Done)
}

/// The keys that this is about: those that have signed.
async fn used_keys(agent: &Agent, command: &Restored) -> anyhow::Result<Vec<Key>> {
    let reply = agent.keys().list(ListKeysRequest {}).await;
    let keys = reply
        .map_err(|status| agent.error(&status))?
        .into_inner()
        .keys;
    let meant = |key: &Key| {
        key.notary_use.is_some()
            && key.authority == command.authority
            && command.repository.matches(&key.repository)
    };
    let keys: Vec<Key> = keys.into_iter().filter(meant).collect();
    if keys.is_empty() {
        return Err(Advice::failed(
            format!(
                "no notary key of a repository {} in {} has signed anything",
                command.repository.as_str(),
                command.authority
            ),
            "nothing is to be accepted; see `privyseal key list --purpose notary`",
        )
        .into());
    }
    Ok(keys)
}

fn print_used(keys: &[Key], context: &mut Context<'_>) -> anyhow::Result<()> {
    let header = ["key", "repository", "role", "last version", "expires"];
    let rows = keys.iter().take(SHOWN).map(|key| {
        let used = key.notary_use.unwrap_or_default();
        vec![
            escape(&key.name),
            escape(&key.repository),
            escape(&key.role),
            used.version.to_string(),
            absolute(used.expires),
        ]
    });
    print_table(context.screen, &header, rows)?;
    match keys.len().saturating_sub(SHOWN) {
        0 => {}
        more => writeln!(context.screen, "and {more} more")?,
    }
    Ok(())
}
