//! `privyseal repo`

mod add;
mod attach;
mod attestations;
mod bins;
mod delegate;
mod diff;
mod draft;
mod enroll;
mod import;
mod incident;
mod init;
mod keyring;
mod left;
mod publish;
mod remove;
mod renew;
mod roles;
mod rotate;
mod sign;
mod status;
mod supersede;
mod undelegate;
mod verify;
mod view;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::Exit;
use crate::agent::Agents;
use crate::repo::{IncidentKind, Project, clock_doubt};
use crate::show::now;
use incident::key;

pub(super) use enroll::enroll_all;
pub(super) use supersede::give_up;

/// The commands about a repository.
#[derive(Args, Debug)]
pub struct RepoCommand {
    /// The project's directory, with privyseal.toml in it.
    #[arg(
        short = 'C',
        long = "directory",
        value_name = "DIR",
        default_value = ".",
        global = true
    )]
    directory: PathBuf,
    /// Make drafts although the clock disagrees with what is published.
    #[arg(long, global = true)]
    clock_is_right: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Makes a new repository with drafts of its first metadata.
    Init(init::Init),
    /// Takes over a repository that another tool made.
    Import(import::Import),
    #[command(flatten)]
    InProject(ProjectAction),
}

/// What needs a project.
#[derive(Subcommand, Debug)]
enum ProjectAction {
    /// Adds target files, or gives them new contents.
    Add(add::Add),
    /// Removes target files.
    Remove(remove::Remove),
    /// Makes new versions with later expiries.
    Renew(renew::Renew),
    /// Changes the keys or the threshold of a role.
    Rotate(rotate::Rotate),
    /// A key is lost: shows what that means, and makes the drafts without it.
    #[command(after_help = key::LOST)]
    Lost(key::OneKey),
    /// A key is stolen: shows what a thief can do, and makes the drafts that end it.
    #[command(after_help = key::STOLEN)]
    Stolen(key::OneKey),
    /// A signer left: makes the drafts without any of their keys.
    Left(left::Left),
    /// Trusts a role with some of the paths, or changes what it is trusted with.
    Delegate(delegate::Delegate),
    /// Takes a delegation back.
    Undelegate(undelegate::Undelegate),
    /// Spreads the targets over hashed bins.
    Bins(bins::Bins),
    /// Has agents sign the drafts, after showing what changes.
    Sign(sign::Sign),
    /// Drafts as files, for signers elsewhere.
    #[command(subcommand)]
    Draft(draft::Draft),
    /// Adds signatures that were made elsewhere.
    Attach(attach::Attach),
    /// Shows versions, expiries, which signatures are missing, and what to do next.
    Status(status::Status),
    /// Shows the tree of roles: their keys, and who delegates what to whom.
    Roles(roles::Roles),
    /// Shows what the drafts change.
    Diff(diff::Diff),
    /// Writes what is signed to where clients fetch it.
    Publish(publish::Publish),
    /// Verifies what is published as a client does, from the first root to every target.
    Verify(verify::Verify),
    /// Writes what YubiKeys prove of the root's keys, for others to verify.
    Attestations(attestations::Attestations),
    /// Makes this repository known to an agent (operators).
    Enroll(enroll::Enroll),
    /// Puts a correction in the place of a signed, unfinished root (operators).
    Supersede(supersede::Supersede),
}

pub(super) async fn run(command: RepoCommand, context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let action = match command.action {
        Action::Init(action) => return init::run(action, &command.directory, context).await,
        Action::Import(action) => return import::run(action, &command.directory, context).await,
        Action::InProject(action) => action,
    };
    let project = Project::open(&command.directory)?;
    let only_reads = matches!(
        action,
        ProjectAction::Status(_)
            | ProjectAction::Roles(_)
            | ProjectAction::Diff(_)
            | ProjectAction::Verify(_)
            | ProjectAction::Attestations(_)
    );
    let _lock = if only_reads {
        None
    } else {
        let lock = project.lock()?;
        project.owners().note(project.settings())?;
        Some(lock)
    };
    if makes_drafts(&action)
        && !command.clock_is_right
        && let Some(doubt) = clock_doubt(&project, now())?
    {
        return Err(doubt.into());
    }
    match action {
        ProjectAction::Add(action) => add::run(action, &project, context),
        ProjectAction::Remove(action) => remove::run(action, &project, context),
        ProjectAction::Renew(action) => renew::run(action, &project, context).await,
        ProjectAction::Rotate(action) => rotate::run(action, &project, context).await,
        ProjectAction::Lost(action) => {
            key::run(IncidentKind::Lost, action, &project, context).await
        }
        ProjectAction::Stolen(action) => {
            key::run(IncidentKind::Stolen, action, &project, context).await
        }
        ProjectAction::Left(action) => left::run(action, &project, context).await,
        ProjectAction::Delegate(action) => delegate::run(action, &project, context).await,
        ProjectAction::Undelegate(action) => undelegate::run(action, &project, context),
        ProjectAction::Bins(action) => bins::run(action, &project, context).await,
        ProjectAction::Sign(action) => sign::run(action, &project, context).await,
        ProjectAction::Draft(action) => draft::run(action, &project, context),
        ProjectAction::Attach(action) => attach::run(action, &project, context).await,
        ProjectAction::Status(action) => status::run(action, &project, context),
        ProjectAction::Roles(action) => roles::run(action, &project, context),
        ProjectAction::Diff(action) => diff::run(action, &project, context),
        ProjectAction::Publish(action) => publish::run(action, &project, context).await,
        ProjectAction::Verify(action) => verify::run(action, &project, context),
        ProjectAction::Attestations(action) => attestations::run(action, &project, context).await,
        ProjectAction::Enroll(action) => enroll::run(action, &project, context).await,
        ProjectAction::Supersede(action) => supersede::run(action, &project, context).await,
    }
}

/// Whether it writes expiries, which are counted from the clock.
fn makes_drafts(action: &ProjectAction) -> bool {
    match action {
        ProjectAction::Add(_)
        | ProjectAction::Remove(_)
        | ProjectAction::Renew(_)
        | ProjectAction::Rotate(_)
        | ProjectAction::Lost(_)
        | ProjectAction::Stolen(_)
        | ProjectAction::Left(_)
        | ProjectAction::Delegate(_)
        | ProjectAction::Undelegate(_)
        | ProjectAction::Bins(_)
        | ProjectAction::Sign(_) => true,
        ProjectAction::Draft(_)
        | ProjectAction::Attach(_)
        | ProjectAction::Status(_)
        | ProjectAction::Roles(_)
        | ProjectAction::Diff(_)
        | ProjectAction::Publish(_)
        | ProjectAction::Verify(_)
        | ProjectAction::Attestations(_)
        | ProjectAction::Enroll(_)
        | ProjectAction::Supersede(_) => false,
    }
}

/// Connects to the configured agents and to those that the project names.
async fn agents(project: &Project, context: &mut Context<'_>) -> anyhow::Result<Agents> {
    context.agents(project.agents()).await
}

/// What comes after a root was drafted: where it is a correction, it waits for an operator.
fn next_after_root(project: &Project) -> anyhow::Result<&'static str> {
    Ok(match project.drafts().read_correction()? {
        Some(_) => "an operator runs privyseal repo supersede root --reason TEXT",
        None => "privyseal repo diff, then privyseal repo sign",
    })
}
