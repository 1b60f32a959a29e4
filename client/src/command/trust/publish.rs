//! `privyseal trust publish`

use std::path::PathBuf;

use clap::Args;

use super::desk::DeskArgs;
use super::place::image;
use super::stage::{self, Leave};
use crate::Exit;
use crate::command::context::Context;
use crate::show::escape;

/// Publishes what is staged, and what an interrupted command left.
#[derive(Args, Debug)]
#[command(after_help = "\
All staged changes are published together, or none: where one can't be made, it is named, and
`privyseal trust reset -n NUMBER` drops it. A root that was begun and misses signatures goes on.

Examples:
  privyseal trust publish reg.example.com/team/app
  privyseal trust publish reg.example.com/team/app --draft root-2.draft.json")]
pub struct Publish {
    /// The repository.
    image: String,
    /// The draft file of the root that was begun, as it came back with signatures.
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    #[command(flatten)]
    leave: Leave,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Publish, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    if let Some(path) = &command.draft {
        let file = crate::command::draft::read_draft(path)?;
        let place = desk.place(image.gun())?;
        let publisher = place.publisher();
        let lock = publisher.lock()?;
        let state = publisher.load().await?;
        let taken = publisher.take(&state, &file)?;
        drop(lock);
        let line = format!("{taken} new signatures in {}", path.display());
        context.screen.note(&escape(&line))?;
    }
    stage::publish_staged(&desk, image.gun(), command.leave, command.json, context).await
}
