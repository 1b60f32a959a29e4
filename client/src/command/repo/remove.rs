use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::Context as _;
use clap::Args;
use privyseal_tuf::{Document, Role, TargetPath};

use crate::Exit;
use crate::command::context::Context;
use crate::failure::Advice;
use crate::repo::{Homes, Project, Work, edit_targets};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
The files that were published stay where they are, for clients that still see the old state.

Examples:
  privyseal repo remove v1.0/app.tar.gz v1.0/app.sig")]
pub(super) struct Remove {
    /// Target paths.
    #[arg(required = true, value_name = "PATH")]
    targets: Vec<TargetPath>,
}

pub(super) fn run(
    command: Remove,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let work = Work::load(project, now())?;
    let mut homes = Homes::of(&work);
    let mut by_role: BTreeMap<Role, BTreeSet<TargetPath>> = BTreeMap::new();
    for path in &command.targets {
        let role = homes.of_listed(path)?.ok_or_else(|| {
            Advice::failed(
                format!("there is no target {path}: nothing was removed"),
                "`privyseal repo diff` shows the drafts, `privyseal repo roles` who lists what",
            )
        })?;
        by_role.entry(role).or_default().insert(path.clone());
    }
    let mut drafts = Vec::new();
    for (role, paths) in &by_role {
        let mut draft = edit_targets(&work, role)?;
        draft.remove_targets(paths);
        drafts.push((
            role,
            draft.finish().with_context(|| format!("the new {role}"))?,
        ));
    }
    let written: Vec<(&Role, &Document)> = drafts.iter().map(|(role, new)| (*role, new)).collect();
    project.drafts().write_all(&written)?;
    for (role, paths) in &by_role {
        for path in paths {
            let (path, role) = (escape(path.as_str()), escape(role.as_str()));
            writeln!(context.screen, "removed {path} from {role}")?;
        }
    }
    writeln!(context.screen, "next: privyseal repo sign")?;
    Ok(Exit::Done)
}
