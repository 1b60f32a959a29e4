use std::io::Write;

use anyhow::Context as _;
use clap::Args;
use privyseal_tuf::{RoleType, TargetPath};

use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::{Project, Work, edit_targets};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
The files that were published stay where they are, for clients that still see the old state.

Examples:
  privyseal repo remove v1.0/app.tar.gz v1.0/app.sig")]
pub(super) struct Remove {
    /// Target paths.
    #[arg(required = true, value_name = "PATH")]
    targets: Vec<TargetPath>,
}

pub(super) fn run(
    command: Remove,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let mut draft = edit_targets(&work)?;
    for path in &command.targets {
        if !draft.remove_target(path) {
            let message = format!("there is no target {path}: nothing was removed");
            return Err(Advice::failed(message, "`privyseal repo diff` shows the draft").into());
        }
        writeln!(context.screen, "removed {}", escape(path.as_str()))?;
    }
    let document = draft.finish().context("the new targets")?;
    project.drafts().write(RoleType::Targets, &document)?;
    writeln!(context.screen, "next: privyseal repo sign")?;
    Ok(Exit::Done)
}
