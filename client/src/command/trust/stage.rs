//! Changes that wait until they are published, and those that are published at once.

use std::io::Write;

use clap::Args;

use super::desk::{Desk, DeskArgs};
use super::{ceremony, outcome};
use crate::Exit;
use crate::command::context::Context;
use crate::show::escape;
use crate::trust::change::Change;
use crate::trust::publish::Request;
use crate::trust::reference::Gun;

/// Whether a change waits.
#[derive(Args, Debug)]
pub(super) struct StageArgs {
    /// Publish at once, with what else is staged. Without it the change waits for `privyseal trust
    /// publish`.
    #[arg(long, short)]
    pub(super) publish: bool,
    #[command(flatten)]
    leave: Leave,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// What may be left behind.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct Leave {
    /// Build on what is out of date, to sign it anew.
    #[arg(long)]
    expired: bool,
    /// Tags that nobody here can sign anew may be lost.
    #[arg(long)]
    lose_tags: bool,
}

/// Stages changes; with `--publish` publishes all that is staged.
pub(super) async fn stage(
    args: StageArgs,
    gun: &Gun,
    changes: &[Change],
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let desk = args.desk.open()?;
    let place = desk.place(gun)?;
    let lock = place.publisher().lock()?;
    let numbers = place.staged().add(changes)?;
    drop(lock);
    if args.publish {
        return publish_staged(&desk, gun, args.leave, args.json, context).await;
    }
    if args.json {
        let staged = numbers.iter().zip(changes);
        let staged =
            staged.map(|(number, change)| serde_json::json!({"number": number, "change": change}));
        context.screen.json(&staged.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    for (number, change) in numbers.iter().zip(changes) {
        writeln!(
            context.screen,
            "staged {number}: {}",
            escape(&change.to_string())
        )?;
    }
    Ok(Exit::Done)
}

/// Publishes all that is staged, and a root that was begun.
pub(super) async fn publish_staged(
    desk: &Desk,
    gun: &Gun,
    leave: Leave,
    json: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let place = desk.place(gun)?;
    let staged = place.staged().list()?;
    let (staged, changes) = staged.into_iter().unzip();
    let request = Request {
        staged,
        changes,
        lose: leave.lose_tags,
        ..Request::default()
    };
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let publisher = place.publisher_of(leave.expired);
    let published = publisher.run(&request, &mut hands).await;
    let published = ceremony::or_draft(desk, &place, published).await?;
    match json {
        true => context.screen.json(&outcome::to_json(gun, &published))?,
        false => outcome::print(gun, &published, context)?,
    }
    Ok(Exit::Done)
}
