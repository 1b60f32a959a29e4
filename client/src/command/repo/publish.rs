use std::io::Write;

use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, publish};
use crate::show::{escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
Writes targets/ and metadata/ below the output directory of privyseal.toml, the timestamp last; each
file appears whole. Where it was interrupted, the same command finishes.

Examples:
  privyseal repo publish
  privyseal repo publish && rsync -a --delay-updates repository/ server:/srv/tuf/")]
pub(super) struct Publish {}

pub(super) fn run(
    _: Publish,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let publication = publish(project, now())?;
    for path in &publication.written {
        writeln!(
            context.screen,
            "wrote {}",
            escape(&path.display().to_string())
        )?;
    }
    if publication.written.is_empty() {
        writeln!(context.screen, "nothing to publish: it is as it was signed")?;
    } else {
        writeln!(
            context.screen,
            "published and verified from the first root on"
        )?;
    }
    Ok(Exit::Done)
}
