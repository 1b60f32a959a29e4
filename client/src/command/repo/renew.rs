use std::io::Write;

use clap::Args;
use privyseal_tuf::RoleType;

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Work, place_root, renewed};
use crate::show::{in_days, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Without a role: targets, snapshot and timestamp. A renewed root also takes the keys and thresholds
that privyseal.toml says.

Examples:
  privyseal repo renew timestamp && privyseal repo sign --yes && privyseal repo publish
  privyseal repo renew root")]
pub(super) struct Renew {
    /// root, targets, snapshot or timestamp.
    #[arg(value_name = "ROLE")]
    roles: Vec<RoleType>,
    /// Where the root draft is signed already: make a correction of it, for `repo supersede`.
    #[arg(long)]
    correct: bool,
}

const WITHOUT_ROOT: [RoleType; 3] = [RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp];

pub(super) fn run(
    command: Renew,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let roles = if command.roles.is_empty() {
        WITHOUT_ROOT.to_vec()
    } else {
        command.roles
    };
    for role in roles {
        let document = renewed(project, &work, role)?;
        match role {
            RoleType::Root => place_root(project, &work, &document, command.correct)?,
            role => project.drafts().write(role, &document)?,
        }
        let view = document.view(role)?;
        writeln!(
            context.screen,
            "{role} {} expires {} ({})",
            view.version(),
            view.expires(),
            in_days(view.expires().seconds(), now)
        )?;
    }
    writeln!(context.screen, "next: {}", super::next_after_root(project)?)?;
    Ok(Exit::Done)
}
