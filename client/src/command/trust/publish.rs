//! `privyseal trust publish`

use clap::Args;

use super::desk::DeskArgs;
use super::place::image;
use super::stage;
use crate::Exit;
use crate::command::context::Context;

/// Publishes what is staged, and what an interrupted command left.
#[derive(Args, Debug)]
#[command(after_help = "\
All staged changes are published together, or none: where one can't be made, it is named, and
`privyseal trust reset -n NUMBER` drops it. A root that was begun and misses signatures goes on.

Examples:
  privyseal trust publish reg.example.com/team/app")]
pub struct Publish {
    /// The repository.
    image: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Publish, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    stage::publish_staged(&desk, image.gun(), command.json, context).await
}
