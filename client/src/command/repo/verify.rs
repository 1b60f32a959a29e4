use clap::Args;

use crate::Exit;
use crate::command::context::Context;
use crate::command::verify::{finish, print};
use crate::fetch::{Location, Source};
use crate::repo::{FileCheck, Project, Start, Verification};
use crate::show::now;

#[derive(Args, Debug)]
#[command(after_help = "\
Starts from each root that was ever published. Exits with 3 where a client would refuse the
repository or a part of it. `privyseal verify` does the same to what a server shows.

Examples:
  privyseal repo verify
  privyseal repo verify --json")]
pub(super) struct Verify {
    /// What is done with target files.
    #[arg(long, value_enum, default_value = "all")]
    files: FileCheck,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: Verify,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let now = now();
    let place = Location::Directory;
    let source = Source::open(&place(project.metadata()), Some(&place(project.targets())))?;
    let verification = Verification {
        source: &source,
        start: Start::EveryRoot,
        files: command.files,
        strict_keyids: false,
        now,
    };
    let report = verification.run()?;
    print(&report, None, command.json, now, context.screen)?;
    let remedy = "clients would refuse it; `privyseal repo status` and `privyseal repo diff` show how it stands";
    finish(&report, remedy)
}
