use clap::Args;

use super::Options;
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{IncidentKind, Project, Work, key_named};
use crate::show::now;

/// The key that is gone, and what to do about it.
#[derive(Args, Debug)]
pub(in crate::command::repo) struct OneKey {
    /// The key: AGENT:KEY, KEY, its owner, or the beginning of its keyid (8 digits or more).
    key: String,
    #[command(flatten)]
    options: Options,
}

/// The end of the help of `lost`.
pub(in crate::command::repo) const LOST: &str = "\
For a key that nobody can use any more. Shows every role that has it, who can still sign, and how many
more keys may be lost; then makes the drafts without it: the next root, and its delegators. Where the
root keys that are left can't sign a next root, it says what remains, changes nothing, and ends with
3. Where somebody else may use the key, `privyseal repo stolen` is the command.

Examples:
  privyseal repo lost safe:root-2 --replace-with safe:root-4
  privyseal repo lost alice --replace-with alice=alice-2.pem
  privyseal repo lost 3f2a9c41 --yes";

/// The end of the help of `stolen`.
pub(in crate::command::repo) const STOLEN: &str = "\
For a key that somebody else may use: a token that is gone with its PIN, an agent's machine that was
broken into. Shows what a thief can do with it and until when, and what to compare; then makes the
drafts without it, and new versions of everything that it could sign.

Examples:
  privyseal repo stolen online:timestamp --replace-with online:timestamp-2
  privyseal repo stolen safe:root-1 --replace-with safe:root-4 --yes";

/// Does what is to be done where one key is gone in this way.
pub(in crate::command::repo) async fn run(
    kind: IncidentKind,
    command: OneKey,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let gone = [key_named(project, &work, &command.key)?];
    super::run(kind, &gone, &command.options, &work, project, context).await
}
