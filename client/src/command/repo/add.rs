mod find;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use privyseal_tuf::{RoleType, Target, TargetPath};

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Project, Work, edit_targets};
use crate::show::{Progress, escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
A file becomes the target of its name; a directory, the targets of the paths below it. The contents
are copied now: what happens to the sources later changes nothing.

Examples:
  privyseal repo add dist/app-1.0.tar.gz
  privyseal repo add dist --prefix v1.0
  privyseal repo add build/out.bin --as tools/linux/app")]
pub(super) struct Add {
    /// Files and directories.
    #[arg(required = true, value_name = "FILE|DIR")]
    sources: Vec<PathBuf>,
    /// The target path of the one file.
    #[arg(long = "as", value_name = "PATH", conflicts_with = "prefix")]
    target: Option<TargetPath>,
    /// Put before every target path, with a slash between.
    #[arg(long, value_name = "PATH")]
    prefix: Option<TargetPath>,
}

pub(super) fn run(
    command: Add,
    project: &Project,
    context: &mut Context<'_>,
) -> anyhow::Result<Exit> {
    let found = find::find(
        &command.sources,
        command.target.as_ref(),
        command.prefix.as_ref(),
    )?;
    let work = Work::load(project, now())?;
    let before = match work.current(RoleType::Targets) {
        Some(document) => document.targets()?.targets,
        None => BTreeMap::new(),
    };
    let mut bytes = 0;
    for source in found.values() {
        let metadata = fs::metadata(source);
        bytes += metadata
            .with_context(|| format!("cannot examine {}", source.display()))?
            .len();
    }
    let progress = Progress::of_bytes(bytes, "adding");
    let mut draft = edit_targets(&work)?;
    let mut changed = 0;
    for (path, source) in &found {
        let staged = project.staging().add(source, &progress)?;
        let target = staged.target();
        let same = |old: &Target| old.length == target.length && old.hashes == target.hashes;
        let verb = match before.get(path) {
            Some(old) if same(old) => continue,
            Some(_) => "replaced",
            None => "added",
        };
        draft.set_target(path, &target);
        changed += 1;
        writeln!(
            context.screen,
            "{verb} {} ({} bytes)",
            escape(path.as_str()),
            target.length
        )?;
    }
    if changed == 0 {
        writeln!(
            context.screen,
            "nothing changed: the targets have these contents already"
        )?;
        return Ok(Exit::Done);
    }
    drop(progress);
    let document = draft.finish().context("the new targets")?;
    project.drafts().write(RoleType::Targets, &document)?;
    let version = document.targets()?.header.version;
    writeln!(
        context.screen,
        "{changed} changed in the draft of targets {version}; next: privyseal repo sign"
    )?;
    Ok(Exit::Done)
}
