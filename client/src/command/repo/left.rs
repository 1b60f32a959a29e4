use clap::Args;

use super::incident::{self, Options};
use crate::Exit;
use crate::command::context::Context;
use crate::repo::{IncidentKind, Project, Work, keys_of};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
For a signer who no longer signs: takes all keys of the owner out of every role. Shows first what each
role is left with. Where root can't be signed without them, it changes nothing and ends with 3: have
them sign one more root while they can.

Examples:
  privyseal repo left alice --replace-with carol=carol.pem
  privyseal repo left safe:root-2 --yes")]
pub(super) struct Left {
    /// The owner, as privyseal.toml and `privyseal repo roles` name it.
    owner: String,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(
    command: Left,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let gone = keys_of(project, &work, &command.owner)?;
    incident::run(
        IncidentKind::Left,
        &gone,
        &command.options,
        &work,
        project,
        context,
    )
    .await
}
