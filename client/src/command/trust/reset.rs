//! `privyseal trust reset`

use std::io::Write;

use clap::Args;

use super::desk::DeskArgs;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::trust::publish::{Outbox, PendingRoot};

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
    /// What was sent and whose end was not seen. Where it arrived, it stays published.
    #[arg(long)]
    in_doubt: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Reset, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let nothing = command.number.is_empty() && !command.all && !command.root;
    if nothing && !command.in_doubt {
        return Err(Advice::failed(
            "nothing was dropped: it is not said which changes",
            "give -n NUMBER, --all, --root or --in-doubt; `privyseal trust status` shows what there is",
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
    if command.in_doubt {
        Outbox::of(place.home()).clear()?;
    }
    writeln!(context.screen, "dropped")?;
    Ok(Exit::Done)
}
