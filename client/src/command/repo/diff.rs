use std::io::Write;

use clap::Args;
use serde_json::{Map, Value};

use super::view::print_preview;
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Step, Work};
use crate::show::{changes_json, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Keys are shown by keyid, algorithm and owner. Characters that a terminal would hide or obey are
shown as escapes.

Examples:
  privyseal repo diff
  privyseal repo diff --json | jq .targets")]
pub(super) struct Diff {
    /// Print JSON: for each role, its changes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: Diff,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let preview = work.preview()?;
    if command.json {
        let changes: Map<String, Value> = preview
            .iter()
            .filter_map(|(role, step)| match step {
                Step::Document(document) => {
                    let before = work.published().document(role).ok().flatten();
                    let changes = privyseal_tuf::diff(before.as_deref(), document);
                    Some((role.to_string(), changes_json(&changes)))
                }
                Step::Follows { .. } => None,
            })
            .collect();
        context.screen.json(&changes)?;
    } else if preview.is_empty() {
        writeln!(context.screen, "no change: everything is published")?;
    } else {
        print_preview(context.screen, project, &work, &preview, now)?;
    }
    Ok(Exit::Done)
}
