use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{input, view};
use crate::Exit;
use crate::agent::{Agents, KeyRef};
use crate::command::consent::Consent;
use crate::command::context::Context;
use crate::failure::{Advice, report};
use crate::file::{self, Access};
use crate::repo::{Ask, DraftFile, asks, countersign};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Shows what the draft changes, asks, and has the agents here sign it. The signature is written into
the file, which then goes back to whoever sent it. The agents read the draft for themselves, and are
shown the finished roots of the file first.

Examples:
  privyseal draft sign root-3.draft.json
  privyseal draft sign root-3.draft.json --key safe:root-2 -o root-3.signed.draft.json")]
pub struct Sign {
    /// The draft file.
    file: PathBuf,
    /// Sign only with this key: AGENT:KEY, or KEY.
    #[arg(long, value_name = "KEY")]
    key: Option<KeyRef>,
    /// What is published of the role, fetched from the repository, to compare with.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Write the signed draft here, and leave FILE as it is.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(command: Sign, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let mut file = input::read(&command.file)?;
    let before = input::before(&file, command.before.as_deref())?;
    let given = command.before.is_some();
    let now = now();
    let shown = view::Shown::of(&file, before.as_ref(), given, now)?;
    shown.print(context.screen)?;
    if !shown.is_compared() {
        return Err(Advice::needs_person(
            "nothing was signed: what the draft changes could not be checked",
            "fetch the published version from the repository, and give it with --before",
        )
        .into());
    }
    let mut agents = context.agents(Vec::new()).await?;
    context.report_missing(&agents)?;
    let held = agents.keys().await?;
    let asks = asks(&file, &held, command.key.as_ref())?;
    if asks.is_empty() {
        return Err(nothing_to_ask(&file)?.into());
    }
    for ask in &asks {
        let key = &ask.held.key;
        writeln!(
            context.screen,
            "to sign: {} on token {} (serial {})",
            escape(&format!("{}:{}", ask.held.agent, key.name)),
            escape(&key.token_label),
            escape(&key.token_serial)
        )?;
    }
    command.consent.ask(&shown.dangers(), context)?;
    let output = command.output.unwrap_or(command.file);
    let exit = sign(&mut file, &mut agents, &asks, &output, context).await?;
    let shown = view::Shown::of(&file, before.as_ref(), given, now)?;
    shown.print_signatures(context.screen)?;
    if exit == Exit::Done {
        writeln!(
            context.screen,
            "next: send {} back; there: privyseal repo attach FILE",
            output.display()
        )?;
    }
    Ok(exit)
}

/// Collects the signatures; each is kept as it comes.
async fn sign(
    file: &mut DraftFile,
    agents: &mut Agents,
    asks: &[Ask],
    output: &Path,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for ask in asks {
        match countersign(file, agents, ask).await {
            Ok(signed) => {
                keep(file, output)?;
                let recorded = if signed.recorded {
                    " (had signed it before)"
                } else {
                    ""
                };
                writeln!(
                    context.screen,
                    "{} {} signed with {}, record {}{recorded}",
                    escape(file.role.as_str()),
                    signed.version,
                    escape(&format!("{}:{}", ask.held.agent, ask.held.key.name)),
                    signed.record
                )?;
            }
            Err(problem) => {
                context.screen.flush()?;
                let this = report(&problem, &mut anstream::stderr())?;
                exit = if exit == Exit::Refused { exit } else { this };
            }
        }
    }
    Ok(exit)
}

fn keep(file: &DraftFile, output: &Path) -> anyhow::Result<()> {
    let bytes = file.to_bytes()?;
    file::write_atomically(output, &bytes, Access::Public).map_err(|error| {
        let message = format!(
            "it is signed, but {} can't be written: {error}",
            output.display()
        );
        let remedy = "repeat the command with -o FILE: the agent gives the same signature again";
        Advice::failed(message, remedy).into()
    })
}

fn nothing_to_ask(file: &DraftFile) -> anyhow::Result<Advice> {
    let met = |asked: &privyseal_tuf::Requirement| asked.tally(&file.document).is_met();
    if file.requirements()?.iter().all(met) {
        return Ok(Advice::failed(
            "nothing to sign: the draft has the signatures that it needs from here",
            "send it back; there: privyseal repo attach FILE",
        ));
    }
    Ok(Advice::needs_person(
        "nothing was signed: no agent here lists a key that the draft still asks",
        "compare the missing keyids with `privyseal key list --wide`; a key on a token without an agent signs the payload: `privyseal draft payload`",
    ))
}
