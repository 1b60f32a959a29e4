use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::trust::place::image;
use crate::command::trust::stage::{StageArgs, stage};
use crate::trust::change::Change;

#[derive(Args, Debug)]
#[command(after_help = "\
A delegation that has no other key goes with it: nobody could sign for it.

Examples:
  privyseal trust delegation purge reg.example.com/team/app --key 0b61… --publish")]
pub struct Purge {
    /// The repository.
    image: String,
    /// The id of a key, as `privyseal trust delegation list` shows it.
    #[arg(long = "key", value_name = "KEYID", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    stage: StageArgs,
}

pub(super) async fn run(command: Purge, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let change = Change::Purge {
        keyids: command.keys,
    };
    stage(command.stage, image.gun(), &[change], context).await
}
