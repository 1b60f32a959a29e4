//! `privyseal trust revoke`

use clap::Args;

use super::desk::DeskArgs;
use super::outcome;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::trust::publish::{Intent, Request};

/// Takes the signatures of a tag back, or of all tags.
#[derive(Args, Debug)]
#[command(after_help = "\
The tag goes from every role for which there are keys here. Where others signed it too, in roles of
their own, that is said: it stays signed there.

Exit codes: 0 all is revoked; 1 something is not, or stays signed by others; 4 an agent refused.

Examples:
  privyseal trust revoke reg.example.com/team/app:v1
  privyseal trust revoke --yes reg.example.com/team/app")]
pub struct Revoke {
    /// NAME:TAG; or NAME, for all tags.
    image: String,
    /// Do not ask before all tags are revoked.
    #[arg(long, short)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Revoke, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let intent = match image.tag() {
        Some(tag) => Intent::Revoke {
            target: tag.as_str().to_owned(),
        },
        None => {
            if !command.yes {
                let question = format!("Revoke every tag of {}?", image.gun());
                context.confirm(&question, "nothing was revoked")?;
            }
            Intent::RevokeAll
        }
    };
    let desk = command.desk.open()?;
    let place = desk.place(image.gun())?;
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let request = Request {
        intents: vec![intent],
        ..Request::default()
    };
    let published = place.publisher().run(&request, &mut hands).await?;
    match command.json {
        true => context
            .screen
            .json(&outcome::to_json(image.gun(), &published))?,
        false => outcome::print(image.gun(), &published, context)?,
    }
    if published.still.is_empty() {
        return Ok(Exit::Done);
    }
    let text = match published.documents.is_empty() {
        true => "nothing was revoked: those who signed must do it",
        false => "not all was revoked: the others who signed must do the rest",
    };
    context.screen.note(text)?;
    Ok(Exit::Failed)
}
