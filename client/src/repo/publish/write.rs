use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::plan::{Plan, TargetCopy, changed};
use crate::file::{self, Access};
use crate::repo::staging::copy_hashing;
use crate::show::Progress;

pub(super) const TIMESTAMP: &str = "timestamp.json";

/// Writes target files, then metadata, the timestamp last. Each file appears whole; what is there
/// already is left as it is.
pub(super) fn execute(plan: &Plan, progress: &Progress) -> anyhow::Result<Vec<PathBuf>> {
    refuse_other_contents(plan)?;
    let mut written = Vec::new();
    make_directory(&plan.targets_directory)?;
    sweep(plan)?;
    for copy in &plan.copies {
        copy_target(copy, progress)?;
        written.push(copy.to.clone());
    }
    make_directory(&plan.metadata_directory)?;
    for (name, bytes) in &plan.metadata {
        let path = plan.metadata_directory.join(name);
        if fs::read(&path).is_ok_and(|present| present == *bytes) {
            continue;
        }
        file::write_atomically(&path, bytes, Access::Public)
            .with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// Removes the temporary files of an attempt that was interrupted.
fn sweep(plan: &Plan) -> anyhow::Result<()> {
    let mut directories: BTreeSet<&Path> = plan
        .copies
        .iter()
        .filter_map(|copy| copy.to.parent())
        .collect();
    directories.insert(&plan.metadata_directory);
    for directory in directories
        .into_iter()
        .filter(|directory| directory.is_dir())
    {
        file::remove_temporary(directory)
            .with_context(|| format!("cannot tidy {}", directory.display()))?;
    }
    Ok(())
}

/// A version is never published with two contents; only the timestamp's name is used again.
fn refuse_other_contents(plan: &Plan) -> anyhow::Result<()> {
    for (name, bytes) in plan.metadata.iter().filter(|(name, _)| name != TIMESTAMP) {
        let path = plan.metadata_directory.join(name);
        match fs::read(&path) {
            Ok(present) if present == *bytes => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            _ => return Err(changed(&path).into()),
        }
    }
    Ok(())
}

fn copy_target(copy: &TargetCopy, progress: &Progress) -> anyhow::Result<()> {
    let write = || {
        let mut from = File::open(&copy.from)?;
        let mut to = file::temporary_for(&copy.to, Access::Public)?;
        let found = copy_hashing(&mut from, to.as_file_mut(), progress)?;
        if found.length != copy.length || found.sha256 != copy.sha256 {
            return Err(io::Error::other(
                "the staged copy has another content than was added",
            ));
        }
        file::persist(to, &copy.to)
    };
    if let Some(directory) = copy.to.parent() {
        make_directory(directory)?;
    }
    write().with_context(|| format!("cannot publish {}", copy.to.display()))
}

/// Makes a directory and those above it, with their names durable.
fn make_directory(directory: &Path) -> anyhow::Result<()> {
    let missing: Vec<&Path> = directory
        .ancestors()
        .take_while(|path| !path.exists())
        .collect();
    let make = || {
        fs::create_dir_all(directory)?;
        missing
            .iter()
            .filter_map(|path| path.parent())
            .try_for_each(|parent| {
                let parent = if parent.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    parent
                };
                file::sync_directory(parent)
            })
    };
    make().with_context(|| format!("cannot make {}", directory.display()))
}
