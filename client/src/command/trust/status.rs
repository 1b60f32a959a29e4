//! `privyseal trust status`

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::desk::DeskArgs;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::show::{escape, print_table};
use crate::trust::publish::{Outbox, PendingRoot};

/// Shows what waits to be published.
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is asked of the server.

Examples:
  privyseal trust status reg.example.com/team/app")]
pub struct Status {
    /// The repository.
    image: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Status, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    let place = desk.place(image.gun())?;
    let staged = place.staged().list()?;
    let begun = PendingRoot::of(place.home()).read()?;
    let begun = begun.map(|root| (root.root().map_or(0, |it| it.header.version), root));
    let sent = Outbox::of(place.home()).read()?;
    if command.json {
        let staged = staged.iter();
        let staged = staged.map(|(number, change)| json!({"number": number, "change": change}));
        let begun = begun.map(
            |(version, root)| json!({"version": version, "signatures": root.signatures().len()}),
        );
        context.screen.json(&json!({
            "repository": image.gun().as_str(),
            "staged": staged.collect::<Vec<_>>(),
            "begun_root": begun,
            "in_doubt": sent.map(|sent| sent.changes),
        }))?;
        return Ok(Exit::Done);
    }
    if staged.is_empty() && begun.is_none() && sent.is_none() {
        writeln!(context.screen, "nothing waits to be published")?;
    }
    if !staged.is_empty() {
        let rows = staged.iter();
        let rows =
            rows.map(|(number, change)| vec![number.to_string(), escape(&change.to_string())]);
        print_table(context.screen, &["number", "change"], rows)?;
    }
    if let Some((version, root)) = begun {
        let count = root.signatures().len();
        writeln!(
            context.screen,
            "root {version} was begun and has {count} signatures: `privyseal trust publish` goes on with it"
        )?;
    }
    if sent.is_some() {
        writeln!(
            context.screen,
            "something was sent whose end was not seen: `privyseal trust publish` finds it out"
        )?;
    }
    Ok(Exit::Done)
}
