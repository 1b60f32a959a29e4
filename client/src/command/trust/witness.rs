//! `privyseal trust witness`

use clap::Args;

use super::place::image;
use super::stage::{StageArgs, stage};
use crate::Exit;
use crate::command::context::Context;
use crate::trust::change::Change;

/// Signs roles anew, as they are.
#[derive(Args, Debug)]
#[command(after_help = "\
For a role that will soon be out of date, or whose keys changed.

Examples:
  privyseal trust witness --publish reg.example.com/team/app targets/releases
  privyseal trust witness reg.example.com/team/app targets targets/alice")]
pub struct Witness {
    /// The repository.
    image: String,
    /// targets, or targets/NAME.
    #[arg(required = true, value_name = "ROLE")]
    roles: Vec<String>,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Witness, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let changes = command.roles.into_iter();
    let changes: Vec<Change> = changes.map(|role| Change::Witness { role }).collect();
    stage(command.stage, image.gun(), &changes, context).await
}
