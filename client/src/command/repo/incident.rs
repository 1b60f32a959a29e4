//! What `lost`, `stolen` and `left` share: the consequences, a question, the drafts.

pub(super) mod key;

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use owo_colors::OwoColorize;
use privyseal_tuf::Role;

use super::keyring::{KeyArg, Keyring};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Consequences, GoneKey, Incident, IncidentKind, Project, Work};
use crate::show::escape;

/// What each of the commands takes besides the key.
#[derive(Args, Debug)]
pub(super) struct Options {
    /// A key that takes the place of the other in every role: AGENT:KEY, KEY, or OWNER=FILE for a
    /// public key that no agent holds.
    #[arg(long, value_name = "KEY")]
    replace_with: Option<KeyArg>,
    /// Do not ask before the drafts are made.
    #[arg(long, short)]
    yes: bool,
    /// Where the root draft is signed already: make a correction of it, for `repo supersede`.
    #[arg(long)]
    correct: bool,
}

/// Shows what it means that these keys are gone, and makes the drafts that end it.
pub(super) async fn run(
    kind: IncidentKind,
    gone: &[GoneKey],
    options: &Options,
    work: &Work,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let mut instead = Vec::new();
    let mut known = BTreeMap::new();
    if let Some(key) = &options.replace_with {
        let mut keyring = Keyring::open(Some(project), context).await?;
        instead.push(keyring.settle(key)?);
        known.clone_from(keyring.known());
    }
    let incident = Incident {
        kind,
        gone,
        instead: &instead,
        known: &known,
    };
    let plan = incident.plan(project, work)?;
    print(context.screen, kind, &plan.consequences)?;
    if plan.refusal().is_none() && !options.yes {
        context.confirm("Make the drafts?", "nothing was changed")?;
    }
    let written = plan.write(project, work, options.correct)?;
    print_drafts(context.screen, project, &written)?;
    Ok(Exit::Done)
}

fn print(out: &mut dyn Write, kind: IncidentKind, consequences: &Consequences) -> io::Result<()> {
    for section in &consequences.sections {
        let title = match section.title {
            "keys" => kind.to_string(),
            title => title.to_owned(),
        };
        writeln!(out, "{}", title.bold())?;
        for line in &section.lines {
            writeln!(out, "  {}", escape(line))?;
        }
    }
    out.flush()
}

fn print_drafts(out: &mut dyn Write, project: &Project, written: &[Role]) -> anyhow::Result<()> {
    let some: Vec<String> = written
        .iter()
        .take(MOST_NAMES)
        .map(|role| escape(role.as_str()))
        .collect();
    let more = match written.len() - some.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    writeln!(
        out,
        "drafted: {}{more}; privyseal.toml is changed",
        some.join(", ")
    )?;
    writeln!(out, "next: {}", super::next_after_root(project)?)?;
    Ok(())
}

/// More roles than this are told of by their number.
const MOST_NAMES: usize = 20;
