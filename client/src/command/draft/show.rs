use std::path::PathBuf;

use clap::Args;

use super::{input, view};
use crate::Exit;
use crate::command::context::Context;
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 3: a change is dangerous (it is marked !!), or what the draft is compared with could not
be checked.

Examples:
  privyseal draft show root-3.draft.json
  privyseal draft show targets-8.draft.json --before 7.targets.json
  privyseal draft show root-3.draft.json --json | jq '.signatures[].missing'")]
pub struct Show {
    /// The draft file.
    file: PathBuf,
    /// What is published of the role, fetched from the repository, to compare with.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Show, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let file = input::read(&command.file)?;
    let before = input::before(&file, command.before.as_deref())?;
    let given = command.before.is_some();
    let shown = view::Shown::of(&file, before.as_ref(), given, now())?;
    if command.json {
        context.screen.json(&shown.to_json()?)?;
    } else {
        shown.print(context.screen)?;
    }
    Ok(shown.exit())
}
