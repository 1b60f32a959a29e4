//! `privyseal trust reset`

use std::io::Write;

use clap::Args;

use super::desk::DeskArgs;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::publish::PendingRoot;

/// Drops staged changes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  privyseal trust reset reg.example.com/team/app -n 3
  privyseal trust reset reg.example.com/team/app --all")]
pub struct Reset {
    /// The repository.
    image: String,
    /// The change of this number, as `privyseal trust status` shows it.
    #[arg(long, short, value_name = "NUMBER")]
    number: Vec<u64>,
    /// All of them.
    #[arg(long, conflicts_with = "number")]
    all: bool,
    /// A root that was begun. Where an agent signed it, that agent signs no other of its version.
    #[arg(long)]
    root: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Reset, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    if command.number.is_empty() && !command.all && !command.root {
        return Err(Advice::failed(
            "nothing was dropped: it is not said which changes",
            "give -n NUMBER or --all; `privyseal trust status` shows them",
        )
        .into());
    }
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    let place = desk.place(image.gun())?;
    let _lock = place.publisher().lock()?;
    let staged = place.staged();
    match command.all {
        true => staged.drop_all()?,
        false => staged.drop_numbers(&command.number)?,
    }
    if command.root {
        PendingRoot::of(place.home()).clear()?;
    }
    writeln!(context.screen, "dropped")?;
    Ok(Exit::Done)
}
