//! `privyseal trust remove`

use clap::Args;

use super::place::image;
use super::stage::{StageArgs, stage};
use crate::Exit;
use crate::command::context::Context;
use crate::trust::change::Change;

/// Removes a target from roles.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal trust remove reg.example.com/team/app v1 --publish
  privyseal trust remove reg.example.com/team/app v1 -r targets/alice,targets/releases")]
pub struct Remove {
    /// The repository.
    image: String,
    /// The target's name; of an image its tag.
    target: String,
    /// The roles.
    #[arg(
        long,
        short,
        value_name = "ROLE",
        value_delimiter = ',',
        default_value = "targets"
    )]
    roles: Vec<String>,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Remove, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let changes = command.roles.iter().map(|role| Change::RemoveTarget {
        role: role.clone(),
        target: command.target.clone(),
    });
    let changes: Vec<Change> = changes.collect();
    stage(command.stage, image.gun(), &changes, context).await
}
