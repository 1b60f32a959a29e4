mod unattended;

use std::io::Write;

use clap::Args;
use privyseal_tuf::{Document, Role, RoleType};

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Due, Period, Project, Standing, Work, place_root, renewed};
use crate::show::{escape, in_days, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Without a role: targets, snapshot and timestamp, and the delegated roles that have names of their
own. A renewed root also takes the keys and thresholds that privyseal.toml says. With --due or
--within, only what expires soon is renewed.

With --publish it is fit for a timer: it renews the published snapshot and timestamp, has the agents
sign that and nothing else, and publishes it. What people have open in draft/ is neither signed nor
published with it. packaging/systemd/privyseal-renew@.timer runs it.

Examples:
  privyseal repo renew snapshot timestamp --due --publish
  privyseal repo renew --within 30d && privyseal repo sign
  privyseal repo renew --bins --within 30d
  privyseal repo renew root")]
pub(super) struct Renew {
    /// root, targets, snapshot, timestamp, or a delegated role.
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    /// Renew only what is in the last third of its validity, 30 days before its end at the earliest.
    #[arg(long, conflicts_with = "within")]
    due: bool,
    /// Renew only what expires within this time.
    #[arg(long, value_name = "PERIOD")]
    within: Option<Period>,
    /// Renew the hashed bins, too.
    #[arg(long)]
    bins: bool,
    /// Sign and publish what is renewed, without asking: snapshot and timestamp only.
    #[arg(long, conflicts_with_all = ["bins", "correct"])]
    publish: bool,
    /// Where the root draft is signed already: make a correction of it, for `repo supersede`.
    #[arg(long)]
    correct: bool,
}

pub(super) async fn run(
    command: Renew,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    if command.publish {
        return unattended::run(&command, project, context).await;
    }
    let work = Work::load(project, now())?;
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
        if !is_due(&command, project, &work, &role)? {
            continue;
        }
        let document = renewed(project, &work, &role)?;
        if few {
            tell(context, &work, &role, &document)?;
        }
        if role.top() == Some(RoleType::Root) {
            place_root(project, &work, &document, command.correct)?;
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
fn is_due(command: &Renew, project: &Project, work: &Work, role: &Role) -> anyhow::Result<bool> {
    let Some(document) = work
        .current(role)?
        .filter(|_| command.due || command.within.is_some())
    else {
        return Ok(true);
    };
    let expires = document.view(role.kind())?.expires().seconds();
    Ok(match command.within {
        Some(within) => expires.saturating_sub(work.now()) <= within.seconds(),
        None => Due::of(project.settings(), role, expires).at(work.now()) != Standing::Good,
    })
}

/// Says until when the renewed role is valid, and whether that is sooner than before.
fn tell(
    context: &mut Context<'_>,
    work: &Work,
    role: &Role,
    document: &Document,
) -> anyhow::Result<()> {
    let view = document.view(role.kind())?;
    let (name, expires) = (escape(role.as_str()), view.expires());
    writeln!(
        context.screen,
        "{name} {} expires {expires} ({})",
        view.version(),
        in_days(expires.seconds(), work.now())
    )?;
    let Some(before) = work.published().document(role)? else {
        return Ok(());
    };
    let before = before.view(role.kind())?.expires().clone();
    if expires.seconds() < before.seconds() {
        context.screen.note(&format!(
            "{name} would expire sooner than what is published ({before}): the period in \
             privyseal.toml is shorter now, or this clock or that of the last signer is wrong (date -u)"
        ))?;
    }
    Ok(())
}
