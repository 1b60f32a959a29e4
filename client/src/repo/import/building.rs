use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::failure::Advice;
use crate::repo::project::{Project, SETTINGS};
use crate::repo::settings::Settings;

/// Where what is not finished yet is kept, below the project's directory.
const STAGE: &str = ".privyseal-import-";

/// A project that is put together out of sight, and appears whole or not at all.
#[derive(Debug)]
pub(super) struct Building {
    directory: PathBuf,
    /// Whether the directory was made for it.
    is_new: bool,
    /// None once everything is in its place.
    stage: Option<TempDir>,
    files: PathBuf,
    _lock: File,
}

impl Building {
    /// Begins in a directory that has neither a project nor an output directory.
    pub(super) fn begin(directory: &Path, output: &Path) -> anyhow::Result<Self> {
        let refuse = |what: &Path| {
            Advice::failed(
                format!("{} is there already", what.display()),
                "choose another directory with -C DIR",
            )
        };
        for taken in [directory.join(SETTINGS), directory.join(output)] {
            if taken.exists() {
                return Err(refuse(&taken).into());
            }
        }
        let is_new = !directory.exists();
        let making = || format!("cannot make a project in {}", directory.display());
        fs::create_dir_all(directory).with_context(making)?;
        let begun = Self::begin_in(directory, is_new).with_context(making);
        if begun.is_err() && is_new {
            // Not its own: somebody else may be at work there by now.
            drop(fs::remove_dir(directory));
        }
        begun
    }

    fn begin_in(directory: &Path, is_new: bool) -> anyhow::Result<Self> {
        let lock = lock(directory)?;
        sweep(directory)?;
        let stage = tempfile::Builder::new()
            .prefix(STAGE)
            .tempdir_in(directory)?;
        let building = Self {
            directory: directory.to_owned(),
            is_new,
            files: stage.path().join("repository"),
            stage: Some(stage),
            _lock: lock,
        };
        fs::create_dir(&building.files)?;
        fs::create_dir(building.metadata())?;
        fs::create_dir(building.targets())?;
        Ok(building)
    }

    /// Where its metadata comes.
    pub(super) fn metadata(&self) -> PathBuf {
        self.files.join("metadata")
    }

    /// Where its target files come.
    pub(super) fn targets(&self) -> PathBuf {
        self.files.join("targets")
    }

    /// Puts everything in its place, the settings last: they make it a project.
    pub(super) fn finish(mut self, settings: Settings) -> anyhow::Result<()> {
        let output = self.directory.join(&settings.output);
        let above = output.parent().unwrap_or(&self.directory);
        let place = || {
            fs::create_dir_all(above)?;
            nix::unistd::syncfs(File::open(&self.files)?)?;
            fs::rename(&self.files, &output)?;
            File::open(above)?.sync_all()
        };
        place().with_context(|| format!("cannot make {}", output.display()))?;
        match Project::create(&self.directory, settings) {
            Ok(_) => {
                self.is_new = false;
                Ok(())
            }
            Err(error) => {
                drop(fs::rename(&output, &self.files));
                Err(error)
            }
        }
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        drop(self.stage.take());
        if self.is_new {
            drop(fs::remove_dir(&self.directory));
        }
    }
}

fn lock(directory: &Path) -> anyhow::Result<File> {
    let lock = File::open(directory)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Advice::failed(
            "another privyseal command works there",
            "let it end, then try again",
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Removes what a killed process left.
fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGE) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::example_settings;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_project_appears_whole() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("new");
        let building = Building::begin(&at, Path::new("repository")).unwrap();
        fs::write(building.metadata().join("1.root.json"), "x").unwrap();
        building.finish(example_settings()).unwrap();
        assert_eq!(names(&at), ["privyseal.toml", "repository"]);
        assert_eq!(names(&at.join("repository/metadata")), ["1.root.json"]);
        let again = Building::begin(&at, Path::new("other")).unwrap_err();
        assert!(again.to_string().contains("is there already"), "{again}");
        assert_eq!(names(&at), ["privyseal.toml", "repository"]);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let new = directory.path().join("new");
        drop(Building::begin(&new, Path::new("repository")).unwrap());
        assert_eq!(names(directory.path()), [""; 0]);
        fs::create_dir_all(new.join(".privyseal-import-1/left")).unwrap();
        fs::write(new.join("mine"), "").unwrap();
        drop(Building::begin(&new, Path::new("repository")).unwrap());
        assert_eq!(names(&new), ["mine"]);
        let mut bad = example_settings();
        bad.roles.root.threshold = 0;
        let building = Building::begin(&new, Path::new("repository")).unwrap();
        building.finish(bad).unwrap_err();
        assert_eq!(names(&new), ["mine"]);
    }

    #[test]
    fn two_at_once_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let first = Building::begin(directory.path(), Path::new("repository")).unwrap();
        let second = Building::begin(directory.path(), Path::new("repository")).unwrap_err();
        assert!(
            format!("{second:#}").contains("another privyseal"),
            "{second:#}"
        );
        assert!(first.metadata().is_dir());
    }
}
