use std::io::Write;

use clap::Args;
use privyseal_tuf::{Role, RoleType};

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Period, Project, Work, place_root, renewed};
use crate::show::{escape, in_days, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Without a role: targets, snapshot and timestamp, and the delegated roles that have names of their
own. A renewed root also takes the keys and thresholds that privyseal.toml says. With --within, only
what expires soon is renewed: fit for a timer (packaging/systemd/privyseal-renew@.timer).

Examples:
  privyseal repo renew timestamp && privyseal repo sign --yes && privyseal repo publish
  privyseal repo renew snapshot timestamp --within 2d
  privyseal repo renew --within 30d
  privyseal repo renew root")]
pub(super) struct Renew {
    /// root, targets, snapshot, timestamp, or a delegated role.
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    /// Renew only what expires within this time.
    #[arg(long, value_name = "PERIOD")]
    within: Option<Period>,
    /// Renew the hashed bins, too.
    #[arg(long)]
    bins: bool,
    /// Where the root draft is signed already: make a correction of it, for `repo supersede`.
    #[arg(long)]
    correct: bool,
}

pub(super) fn run(
    command: Renew,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let mut roles = command.roles.clone();
    if roles.is_empty() {
        let named = work.named_roles().into_iter();
        roles.extend(named.filter(|role| role.kind() != RoleType::Root));
    }
    if command.bins {
        roles.extend(work.bins()?);
    }
    let few = roles.len() <= MOST_LINES;
    let mut drafts = Vec::new();
    for role in roles {
        if !is_due(&command, &work, &role, now)? {
            continue;
        }
        let document = renewed(project, &work, &role)?;
        if role.top() == Some(RoleType::Root) {
            place_root(project, &work, &document, command.correct)?;
        }
        let view = document.view(role.kind())?;
        if few {
            writeln!(
                context.screen,
                "{} {} expires {} ({})",
                escape(role.as_str()),
                view.version(),
                view.expires(),
                in_days(view.expires().seconds(), now)
            )?;
        }
        drafts.push((role, document));
    }
    if drafts.is_empty() {
        writeln!(context.screen, "nothing to renew yet")?;
        return Ok(Exit::Done);
    }
    let written = drafts
        .iter()
        .filter(|(role, _)| role.kind() != RoleType::Root);
    let written: Vec<_> = written.map(|(role, document)| (role, document)).collect();
    project.drafts().write_all(&written)?;
    if !few {
        writeln!(context.screen, "{} roles renewed", drafts.len())?;
    }
    writeln!(context.screen, "next: {}", super::next_after_root(project)?)?;
    Ok(Exit::Done)
}

/// More roles than this are told of in one line.
const MOST_LINES: usize = 50;

/// Whether what is published, or drafted since, expires soon enough.
fn is_due(command: &Renew, work: &Work, role: &Role, now: i64) -> anyhow::Result<bool> {
    let Some(within) = command.within else {
        return Ok(true);
    };
    let Some(document) = work.current(role)? else {
        return Ok(true);
    };
    let expires = document.view(role.kind())?.expires().seconds();
    Ok(expires.saturating_sub(now) <= within.seconds())
}
