use std::io::Write;

use clap::Args;
use privyseal_tuf::{Role, RoleName};

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Work, undelegate};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Clients stop to find the role's targets once the delegator's new version is published. The files
stay where they are. Shows what is lost, and asks.

Examples:
  privyseal repo undelegate app
  privyseal repo undelegate app-beta --by app --yes")]
pub(super) struct Undelegate {
    /// The delegated role.
    name: RoleName,
    /// Who delegates to it.
    #[arg(long, value_name = "ROLE", default_value = "targets")]
    by: Role,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(
    command: Undelegate,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let (name, by) = (escape(command.name.as_str()), escape(command.by.as_str()));
    let current = work.current(&command.name.clone().into())?;
    let targets = match current {
        Some(document) => document.targets()?.targets,
        None => Default::default(),
    };
    writeln!(
        context.screen,
        "{name} lists {} targets, which clients will not find through {by} any more",
        targets.len()
    )?;
    for path in targets.keys().take(10) {
        writeln!(context.screen, "  {}", escape(path.as_str()))?;
    }
    if targets.len() > 10 {
        writeln!(context.screen, "  and {} more", targets.len() - 10)?;
    }
    if !command.yes {
        context.confirm("Take it back?", "nothing was changed")?;
    }
    undelegate(project, &work, &command.name, &command.by)?;
    writeln!(
        context.screen,
        "{by} no longer delegates to {name}\nnext: privyseal repo diff, then privyseal repo sign"
    )?;
    Ok(Exit::Done)
}
