use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use privyseal_tuf::Role;

use super::diff::MOST_LINES;
use super::view::{Preview, sum};
use crate::Exit;
use crate::agent::KeyRef;
use crate::command::consent::Consent;
use crate::command::context::Context;
use crate::failure::report;
use crate::repo::round::{Choice, Outcome, Round, align_versions};
use crate::repo::{Project, Step, Work};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Shows what changes, asks, and has the agents sign: root first, then targets, snapshot and timestamp.
What can't be signed now (an agent is down, a token is locked) is left for the next time; every
signature is kept in draft/. Where a key wants its PIN or a touch, somebody is asked for it while its
role misses signatures; beyond that only where --key names it.

What is dangerous is marked !!, and signed only where a person says so: on the terminal, or by the
name of the danger.

Examples:
  privyseal repo sign
  privyseal repo sign --yes
  privyseal repo sign --yes --accept replaced-target
  privyseal repo sign --role root --key safe:root-2")]
pub(super) struct Sign {
    #[command(flatten)]
    consent: Consent,
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
    let steps = work.preview()?;
    if steps.is_empty() {
        writeln!(context.screen, "nothing to sign: everything is published")?;
    } else {
        let most_lines = context.screen.is_terminal().then_some(MOST_LINES);
        let preview = Preview::of(project, &work, &steps, now, most_lines)?;
        let dangers = preview.print(context.screen)?;
        let to_sign = to_sign(&work, &steps)?;
        let chosen = |role: &Role| command.role.as_ref().is_none_or(|chosen| chosen == role);
        let signed = dangers
            .iter()
            .filter(|(role, _)| to_sign.contains(role) && chosen(role));
        if !to_sign.is_empty() {
            let dangers = sum(signed.map(|(_, dangers)| dangers));
            command.consent.ask(&dangers, context)?;
        }
    }
    let choice = Choice {
        role: command.role,
        key: command.key,
    };
    let round = Round::begin(project, &work, &mut agents, choice, context.screen).await?;
    let outcome = round.run(&mut work).await?;
    conclude(&outcome, !steps.is_empty(), context)
}

/// The roles that miss signatures.
fn to_sign(work: &Work, steps: &[(Role, Step)]) -> anyhow::Result<BTreeSet<Role>> {
    let mut roles = BTreeSet::new();
    for (role, _) in steps {
        if work.draft(role).is_none() || !work.is_complete(role)? {
            roles.insert(role.clone());
        }
    }
    Ok(roles)
}

/// The worst of what happened decides how the command ends.
pub(super) fn conclude(
    outcome: &Outcome,
    anything: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
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
