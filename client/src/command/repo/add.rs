mod find;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use privyseal_tuf::{Document, Role, Target, TargetPath};

use crate::Exit;
use crate::command::context::Context;
use crate::repo::{Homes, Project, Work, edit_targets};
use crate::show::{Progress, escape, now};

#[derive(Args, Debug)]
#[command(after_help = "\
A file becomes the target of its name; a directory, the targets of the paths below it. The contents
are copied now: what happens to the sources later changes nothing.

Examples:
  privyseal repo add dist/app-1.0.tar.gz
  privyseal repo add dist --prefix v1.0
  privyseal repo add build/out.bin --as tools/linux/app
  privyseal repo add dist --prefix app --role app")]
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
    /// The role that is to list them: targets, or a delegated one. Without it: targets, or the
    /// hashed bins of targets.
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
}

/// More files than this are told of in one line.
const MOST_LINES: usize = 50;

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
    let mut bytes = 0;
    for source in found.values() {
        let metadata = fs::metadata(source);
        bytes += metadata
            .with_context(|| format!("cannot examine {}", source.display()))?
            .len();
    }
    let mut homes = Homes::of(&work);
    let mut by_role: BTreeMap<Role, Vec<(TargetPath, PathBuf)>> = BTreeMap::new();
    for (path, source) in found {
        let role = homes.of_new(&path, command.role.as_ref())?;
        by_role.entry(role).or_default().push((path, source));
    }
    drop(homes);
    let progress = Progress::of_bytes(bytes, "adding");
    let mut told = Told::default();
    let mut drafts = Vec::new();
    let staging = project.staging();
    for (role, sources) in by_role {
        let mut staged = BTreeMap::new();
        for (path, source) in sources {
            staged.insert(path, staging.add(&source, &progress)?.target());
        }
        if let Some(document) = told.edited(&work, &role, staged)? {
            drafts.push((role, document));
        }
    }
    drop(progress);
    staging.settle()?;
    if drafts.is_empty() {
        writeln!(
            context.screen,
            "nothing changed: the targets have these contents already"
        )?;
        return Ok(Exit::Done);
    }
    let written: Vec<(&Role, &Document)> = drafts.iter().map(|(role, new)| (role, new)).collect();
    project.drafts().write_all(&written)?;
    told.print(context.screen)?;
    writeln!(
        context.screen,
        "{} changed in {}; next: privyseal repo sign",
        told.changed,
        where_changed(&drafts)?
    )?;
    Ok(Exit::Done)
}

/// What was changed, for a person: a line each, as long as they are few.
#[derive(Default)]
struct Told {
    changed: usize,
    lines: Vec<String>,
}

impl Told {
    /// The draft of a role with these targets; none where it has them already.
    fn edited(
        &mut self,
        work: &Work,
        role: &Role,
        mut new: BTreeMap<TargetPath, Target>,
    ) -> anyhow::Result<Option<Document>> {
        let before = match work.current(role)? {
            Some(document) => document.targets()?.targets,
            None => Default::default(),
        };
        // Metadata that was made elsewhere may list further hashes of the same content.
        let same = |old: &Target, new: &Target| {
            let sha256 = new.hashes.sha256();
            old.length == new.length && sha256.is_some() && old.hashes.sha256() == sha256
        };
        new.retain(|path, target| !before.get(path).is_some_and(|old| same(old, target)));
        if new.is_empty() {
            return Ok(None);
        }
        for (path, target) in &mut new {
            target.custom = before.get(path).and_then(|old| old.custom.clone());
        }
        for (path, target) in &new {
            if self.lines.len() < MOST_LINES {
                let verb = if before.contains_key(path) {
                    "replaced"
                } else {
                    "added"
                };
                let path = escape(path.as_str());
                self.lines
                    .push(format!("{verb} {path} ({} bytes)", target.length));
            }
        }
        self.changed += new.len();
        drop(before);
        let mut draft = edit_targets(work, role)?;
        draft.set_targets(&new);
        let document = draft.finish().with_context(|| format!("the new {role}"))?;
        Ok(Some(document))
    }

    fn print(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        for line in &self.lines {
            writeln!(out, "{line}")?;
        }
        match self.changed - self.lines.len() {
            0 => {}
            more => writeln!(out, "and {more} more")?,
        }
        Ok(())
    }
}

fn where_changed(drafts: &[(Role, Document)]) -> anyhow::Result<String> {
    match drafts {
        [(role, document)] => {
            let version = document.targets()?.header.version;
            Ok(format!("the draft of {} {version}", escape(role.as_str())))
        }
        drafts => Ok(format!("the drafts of {} roles", drafts.len())),
    }
}
