use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use privyseal_tuf::Role;

use super::view::print_preview;
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::context::Context;
use crate::failure::{Advice, report};
use crate::repo::round::{Choice, Outcome, Round, align_versions};
use crate::repo::{Project, Work};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Shows what changes, asks, and has the agents sign: root first, then targets, snapshot and timestamp.
What can't be signed now (an agent is down, a token is locked) is left for the next time; every
signature is kept in draft/.

Examples:
  privyseal repo sign
  privyseal repo sign --yes
  privyseal repo sign --role root --key safe:root-2")]
pub(super) struct Sign {
    /// Do not ask before signing.
    #[arg(long, short)]
    yes: bool,
    /// Ask only for signatures of this role.
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Ask only for signatures with this key: AGENT:KEY, or KEY.
    #[arg(long, value_name = "KEY")]
    key: Option<KeyRef>,
    /// Sign the next version even though an agent signed the last one from another copy of the
    /// project, whose changes this one does not have.
    #[arg(long)]
    after_others: bool,
}

pub(super) async fn run(
    command: Sign,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let mut work = Work::load(project, now)?;
    let mut agents = super::agents(project, context).await?;
    context.report_missing(&agents)?;
    align_versions(project, &mut work, &agents, command.after_others).await?;
    let preview = work.preview()?;
    if preview.is_empty() {
        writeln!(context.screen, "nothing to sign: everything is published")?;
    } else {
        print_preview(context.screen, project, &work, &preview, now)?;
    }
    if needs_signatures(&work)? && !command.yes {
        confirm(context)?;
    }
    let choice = Choice {
        role: command.role,
        key: command.key,
    };
    let round = Round::begin(project, &work, &mut agents, choice, context.screen).await?;
    let outcome = round.run(&mut work).await?;
    conclude(&outcome, !preview.is_empty(), context)
}

fn needs_signatures(work: &Work) -> anyhow::Result<bool> {
    for (role, _) in work.preview()? {
        if work.draft(&role).is_none() || !work.is_complete(&role)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn confirm(context: &mut Context<'_>) -> anyhow::Result<()> {
    if !context.screen.can_ask() {
        return Err(Advice::needs_person(
            "nothing was signed: there is no terminal to confirm on",
            "read what changes, then give --yes",
        )
        .into());
    }
    if context.screen.ask("Sign this?")? {
        return Ok(());
    }
    Err(Advice::needs_person("nothing was signed", "the drafts are as they were").into())
}

/// The worst of what happened decides how the command ends.
fn conclude(outcome: &Outcome, anything: bool, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    context.screen.flush()?;
    let mut exit = Exit::Done;
    let mut told = BTreeSet::new();
    for problem in &outcome.problems {
        let mut text = Vec::new();
        let this = report(problem, &mut text)?;
        exit = if exit == Exit::Refused { exit } else { this };
        // An agent that refuses a document refuses it with each of its keys.
        if told.insert(text.clone()) {
            anstream::stderr().write_all(&text)?;
        }
    }
    let unfinished: Vec<&str> = outcome.unfinished.iter().map(Role::as_str).collect();
    if !unfinished.is_empty() {
        let some = unfinished.iter().take(10).copied().collect::<Vec<_>>();
        let more = match unfinished.len() - some.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(
            context.screen,
            "not finished: {}{more}; see privyseal repo status, and sign again",
            escape(&some.join(", "))
        )?;
        if exit != Exit::Refused {
            exit = Exit::NeedsPerson;
        }
    } else if anything {
        writeln!(
            context.screen,
            "everything is signed; next: privyseal repo publish"
        )?;
    }
    Ok(exit)
}
