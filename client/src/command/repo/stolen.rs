use clap::Args;

use super::incident::{self, Options};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{IncidentKind, Project, Work, key_named};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
For a key that somebody else may use: a token that is gone with its PIN, an agent's machine that was
broken into. Shows what a thief can do with it and until when, and what to compare; then makes the
drafts without it, and new versions of everything that it could sign.

Examples:
  privyseal repo stolen online:timestamp --replace-with online:timestamp-2
  privyseal repo stolen safe:root-1 --replace-with safe:root-4 --yes")]
pub(super) struct Stolen {
    /// The key: AGENT:KEY, KEY, its owner, or the beginning of its keyid (8 digits or more).
    key: String,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(
    command: Stolen,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let gone = [key_named(project, &work, &command.key)?];
    incident::run(
        IncidentKind::Stolen,
        &gone,
        &command.options,
        &work,
        project,
        context,
    )
    .await
}
