//! `privyseal trust enroll`

use std::io::Write;

use clap::Args;
use privyseal_proto::v1::{EnrollRepositoryRequest, RoleDocument};
use privyseal_tuf::{Document, Role, RoleType};

use super::desk::DeskArgs;
use super::place::image;
use crate::Exit;
use crate::command::context::Context;
use crate::command::repo::enroll_all;
use crate::failure::Advice;
use crate::show::escape;
use crate::trust::publish::State;

/// Has agents take a repository whose first root they did not sign.
#[derive(Args, Debug)]
#[command(after_help = "\
For operators. Each agent is shown every root from the first, and the present metadata; it verifies
all of it, and from then on signs only what follows. The first root stands for the repository from
then on: compare its digest with what its owner says before you agree.

Examples:
  privyseal --agent desk trust enroll reg.example.com/team/app
  privyseal --agent desk trust enroll --yes reg.example.com/team/app")]
pub struct Enroll {
    /// The repository.
    image: String,
    /// Do not ask whether the first root is the right one.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

pub(super) async fn run(command: Enroll, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let image = image(&command.image)?;
    let desk = command.desk.open()?;
    let Some(authority) = desk.authority().map(str::to_owned) else {
        return Err(Advice::failed(
            "it is not said under which authority of the agents",
            "give --authority, or write authority under [trust] in ~/.config/privyseal/config.toml",
        )
        .into());
    };
    let place = desk.place(image.gun())?;
    let state = place.publisher().load_existing().await?;
    show_first(&state, context)?;
    if !command.yes {
        context.confirm(
            "Is this the repository's first root?",
            "nothing was enrolled",
        )?;
    }
    let agents = context.agents(Vec::new()).await?;
    let request = request(authority, &state);
    enroll_all(agents, request, context).await
}

/// Says which root names the repository, and how the newest came to be trusted here.
fn show_first(state: &State, context: &mut Context<'_>) -> anyhow::Result<()> {
    let root: Role = RoleType::Root.into();
    let mut roots = state.known.documents.iter();
    let first = roots.find(|(role, _)| *role == root);
    let (Some((_, first)), Some(pulled)) = (first, &state.pulled) else {
        return Ok(());
    };
    let (version, digest) = (first.root()?.header.version, first.payload().digest);
    let (since, by) = (pulled.trusted.version, pulled.trusted.by);
    let newest = pulled.root().map_or(since, |root| root.view.header.version);
    let line = format!(
        "{}: the first root is {digest} (version {version}), the newest version {newest}; root {since} is trusted here {by}",
        state.known.gun
    );
    writeln!(context.screen, "{}", escape(&line))?;
    Ok(context.screen.flush()?)
}

fn request(authority: String, state: &State) -> EnrollRepositoryRequest {
    let known = &state.known;
    let all = |wanted: Role| {
        let documents = known.documents.iter();
        let documents = documents.filter(move |(role, _)| *role == wanted);
        documents.map(|(_, document): &(Role, Document)| document.to_bytes())
    };
    let one = |role: RoleType| all(role.into()).next().unwrap_or_default();
    let delegated = known.documents.iter();
    let delegated = delegated.filter(|(role, _)| role.delegated().is_some());
    let delegated = delegated.map(|(role, document)| RoleDocument {
        role: role.to_string(),
        document: document.to_bytes(),
    });
    EnrollRepositoryRequest {
        authority,
        repository: known.gun.as_str().to_owned(),
        roots: all(RoleType::Root.into()).collect(),
        targets: one(RoleType::Targets),
        snapshot: one(RoleType::Snapshot),
        timestamp: Vec::new(),
        delegated: delegated.collect(),
    }
}
