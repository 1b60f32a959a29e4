mod view;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::file::{self, Access};
use crate::repo::{Period, Project, Status as Standing, Work, calendar};
use crate::show::now;
use view::print_status;

#[derive(Args, Debug)]
#[command(after_help = "\
For a root draft, the signatures are counted twice: by the root before it, and by its own keys. A
role is due to be renewed in the last third of its validity, at most 30 days before its end.

The calendar is an iCalendar file: one event for each role, at its expiry, with an alarm when it is
due. Written again after a renewal, it moves the events.

Exit status 3 with --within: something that is published expires within that time, or has.

Examples:
  privyseal repo status
  privyseal repo status --within 12h >/dev/null || echo 'renew it'
  privyseal repo status --json | jq '.roles[] | {role, published}'
  privyseal repo status --calendar /srv/www/tuf-expiry.ics")]
pub(super) struct Status {
    /// Print JSON.
    #[arg(long, conflicts_with = "calendar")]
    json: bool,
    /// Write what expires when as an iCalendar file; - is standard output.
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// End with exit status 3 where something that is published expires within this time.
    #[arg(long, value_name = "PERIOD")]
    within: Option<Period>,
}

pub(super) fn run(
    command: Status,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let work = Work::load(project, now)?;
    let status = Standing::of(project, &work, now)?;
    match command.calendar {
        Some(path) if path == Path::new("-") => {
            write!(context.screen, "{}", calendar(&status)?)?;
        }
        Some(path) => file::write_atomically(&path, calendar(&status)?.as_bytes(), Access::Public)
            .with_context(|| format!("cannot write {}", path.display()))?,
        None if command.json => context.screen.json(&status)?,
        None => print_status(context.screen, &status)?,
    }
    let within = command.within.map(Period::seconds);
    Ok(match within {
        Some(seconds) if status.expires_within(seconds) => Exit::NeedsPerson,
        _ => Exit::Done,
    })
}
