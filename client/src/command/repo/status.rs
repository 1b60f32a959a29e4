use clap::Args;

use super::view::print_status;
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Work, statuses};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
For a root draft, the signatures are counted twice: by the root before it, and by its own keys.

Examples:
  privyseal repo status
  privyseal repo status --json | jq '.[] | {role, published}'")]
pub(super) struct Status {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: Status,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let statuses = statuses(project.settings(), &work)?;
    if command.json {
        context.screen.json(&statuses)?;
    } else {
        print_status(context.screen, &statuses, now)?;
    }
    Ok(Exit::Done)
}
