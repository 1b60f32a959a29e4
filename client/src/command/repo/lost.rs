use clap::Args;

use super::incident::{self, Options};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{IncidentKind, Project, Work, key_named};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
For a key that nobody can use any more. Shows every role that has it, who can still sign, and how many
more keys may be lost; then makes the drafts without it: the next root, and its delegators. Where the
root keys that are left can't sign a next root, it says what remains, changes nothing, and ends with
3. Where somebody else may use the key, `privyseal repo stolen` is the command.

Examples:
  privyseal repo lost safe:root-2 --replace-with safe:root-4
  privyseal repo lost alice --replace-with alice=alice-2.pem
  privyseal repo lost 3f2a9c41 --yes")]
pub(super) struct Lost {
    /// The key: AGENT:KEY, KEY, its owner, or the beginning of its keyid (8 digits or more).
    key: String,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(
    command: Lost,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let gone = [key_named(project, &work, &command.key)?];
    incident::run(
        IncidentKind::Lost,
        &gone,
        &command.options,
        &work,
        project,
        context,
    )
    .await
}
