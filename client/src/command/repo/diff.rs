use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;

use super::view::Preview;
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Work};
use crate::show::{Comparison, now};

/// As many lines of one sort a person may be expected to read on a screen.
pub(super) const MOST_LINES: usize = 200;

#[derive(Args, Debug)]
#[command(after_help = "\
Keys are shown by keyid, algorithm and owner. Names that could be misread are in quotes, and
characters that a terminal would hide or obey are shown as escapes. What is dangerous is marked !!;
then the exit status is 3.

Examples:
  privyseal repo diff
  privyseal repo diff --all | less
  privyseal repo diff --json | jq '.targets.dangers[].kind'")]
pub(super) struct Diff {
    /// Print JSON: for each role, its changes and dangers.
    #[arg(long)]
    json: bool,
    /// On a terminal, show all of very many lines. (In a file or pipe, all of them always are.)
    #[arg(long)]
    all: bool,
}

pub(super) fn run(
    command: Diff,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let steps = work.preview()?;
    let folds = context.screen.is_terminal() && !command.all;
    let preview = Preview::of(project, &work, &steps, now, folds.then_some(MOST_LINES))?;
    let dangerous = if command.json {
        let comparisons: Result<Vec<_>, _> = preview.comparisons().collect();
        let roles: BTreeMap<&str, Comparison<'_>> = comparisons?
            .into_iter()
            .map(|(role, comparison)| (role.as_str(), comparison))
            .collect();
        context.screen.json(&roles)?;
        roles.values().any(|role| !role.dangers().is_empty())
    } else if steps.is_empty() {
        writeln!(context.screen, "no change: everything is published")?;
        false
    } else {
        let dangers = preview.print(context.screen)?;
        dangers.iter().any(|(_, dangers)| !dangers.is_empty())
    };
    Ok(if dangerous {
        Exit::NeedsPerson
    } else {
        Exit::Done
    })
}
