use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Directory;
use crate::destination::{Content, Files, NewFile, Written};
use crate::file::{self, Access, Durable};
use crate::show::Progress;

const TARGETS: &str = "targets";

/// Puts target files. Each name appears with the whole content; what makes them durable comes once,
/// after the last.
pub(super) async fn put(
    to: &Directory,
    files: Files<'_>,
    progress: &Progress,
    written: &mut Written,
) -> anyhow::Result<()> {
    let mut batch = Batch {
        to,
        targets: None,
        made: HashSet::new(),
        durable: Durable::default(),
    };
    for file in files {
        let file = file?;
        to.interrupt.check().await?;
        if batch.put(&file, progress)? {
            written.add(&file.name);
        }
    }
    batch
        .durable
        .sync(&to.base)
        .map_err(|error| to.not_written(TARGETS, &error))
}

struct Batch<'a> {
    to: &'a Directory,
    /// Where temporary files are made, once there are any.
    targets: Option<PathBuf>,
    made: HashSet<PathBuf>,
    durable: Durable,
}

impl Batch<'_> {
    /// False where the file was there already.
    fn put(&mut self, file: &NewFile, progress: &Progress) -> anyhow::Result<bool> {
        let path = self.to.path(&file.name);
        let there = is_there(&path, file).map_err(|error| self.failed(file, &error))?;
        if there {
            progress.advance(file.length);
            // It may be what a killed process left, which nobody made durable.
            self.durable.add(&path);
            self.durable.add(file::directory_of(&path));
            return Ok(false);
        }
        self.make(file)?;
        match &file.content {
            Content::Give(from) if self.give(from, &path, file, progress)? => {}
            _ => self.copy(&path, file, progress)?,
        }
        self.durable.add(file::directory_of(&path));
        Ok(true)
    }

    /// Gives the file in `from` its second name; false where it must be copied.
    fn give(
        &self,
        from: &Path,
        path: &Path,
        file: &NewFile,
        progress: &Progress,
    ) -> anyhow::Result<bool> {
        file.write_to(&mut io::sink(), progress)?;
        Ok(fs::hard_link(from, path).is_ok())
    }

    fn copy(&mut self, path: &Path, file: &NewFile, progress: &Progress) -> anyhow::Result<()> {
        let targets = match &self.targets {
            Some(targets) => targets,
            None => self.targets.insert(self.to.prepare(TARGETS)?),
        };
        let mut new = file::temporary_in(targets, Access::Public)
            .map_err(|error| self.failed(file, &error))?;
        file.write_to(new.as_file_mut(), progress)
            .map_err(|error| match error.downcast::<io::Error>() {
                Ok(error) => self.failed(file, &error),
                Err(error) => error,
            })?;
        new.persist(path)
            .map_err(|error| self.failed(file, &error.error))?;
        self.durable.add(path);
        Ok(())
    }

    fn make(&mut self, file: &NewFile) -> anyhow::Result<()> {
        let path = self.to.path(&file.name);
        let directory = file::directory_of(&path);
        if !self.made.contains(directory) {
            file::make_directory(directory).map_err(|error| self.failed(file, &error))?;
            self.made.insert(directory.to_owned());
        }
        Ok(())
    }

    fn failed(&self, file: &NewFile, error: &io::Error) -> anyhow::Error {
        self.to.not_written(&file.name, error)
    }
}

/// Whether a file with this very content has the name.
fn is_there(path: &Path, file: &NewFile) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && found.len() == file.length => {
            file.is_content_of(&mut File::open(path)?)
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
