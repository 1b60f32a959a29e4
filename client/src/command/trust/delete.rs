//! `privyseal trust delete`

use std::io::Write;

use clap::Args;

use super::desk::DeskArgs;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::show::escape;

/// Forgets a repository here, and with --remote deletes its trust data at the server.
#[derive(Args, Debug)]
#[command(after_help = "\
What this client knew of the repository is forgotten: who its root is, what is staged, and which
versions were seen. Keys stay where they are. After --remote nobody can verify the repository's
images, and whoever knew its root refuses one that is made anew.

Examples:
  privyseal trust delete reg.example.com/team/app
  privyseal trust delete --remote reg.example.com/team/app")]
pub struct Delete {
    /// The repository.
    image: String,
    /// At the server too.
    #[arg(long)]
    remote: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Delete, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let gun = image.gun();
    let desk = command.desk.open()?;
    let place = desk.place(gun)?;
    if !command.yes {
        let question = match command.remote {
            true => format!(
                "Delete the trust data of {gun} at {}?",
                place.server().url()
            ),
            false => format!("Forget what is known here of {gun}?"),
        };
        context.confirm_in_full(&question, "nothing was deleted")?;
    }
    let lock = place.publisher().lock()?;
    if command.remote {
        place.server().delete(gun).await.map_err(Advice::from)?;
        writeln!(
            context.screen,
            "{}: deleted at the server",
            escape(gun.as_str())
        )?;
    }
    place.home().lock()?.forget()?;
    drop(lock);
    writeln!(context.screen, "{}: forgotten here", escape(gun.as_str()))?;
    Ok(Exit::Done)
}
