//! Publishes a request for one repository, and says what came of it.

use super::desk::Desk;
use super::outcome;
use crate::command::context::Context;
use crate::trust::hands::Hands;
use crate::trust::publish::{Published, Request};
use crate::trust::reference::Gun;

/// Publishes a request with the keys of the agents that answer.
pub(super) async fn publish(
    desk: &Desk,
    gun: &Gun,
    request: &Request,
    json: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    let mut agents = desk.agents(context).await?;
    let mut hands = desk.hands(&mut agents).await?;
    let published = publish_with(desk, gun, request, &mut hands).await?;
    say(gun, &published, json, context)
}

pub(super) async fn publish_with(
    desk: &Desk,
    gun: &Gun,
    request: &Request,
    hands: &mut Hands<'_>,
) -> anyhow::Result<Published> {
    desk.place(gun)?.publisher().run(request, hands).await
}

/// Says what was published.
pub(super) fn say(
    gun: &Gun,
    published: &Published,
    json: bool,
    context: &mut Context<'_>,
) -> anyhow::Result<()> {
    match json {
        true => context.screen.json(&outcome::to_json(gun, published)),
        false => outcome::print(gun, published, context),
    }
}
