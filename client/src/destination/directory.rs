mod exchange;
mod metadata;
mod targets;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::fault::{changed, not_written, overtaken};
use super::{Destination, Files, Found, Interrupt, Order, Reveal, TIMESTAMP, Written};
use crate::failure::Advice;
use crate::file::{self, Access};
use crate::show::{Progress, escape};

/// A directory on this machine, whether it is the project's own copy or another one.
///
/// While this lives, no other privyseal writes there.
#[derive(Debug)]
pub struct Directory {
    base: PathBuf,
    name: String,
    interrupt: Interrupt,
    _lock: File,
}

impl Directory {
    /// Locks a directory, which is made where only the last part of its path is missing.
    pub fn open(base: &Path, interrupt: Interrupt) -> anyhow::Result<Self> {
        let name = escape(&base.display().to_string());
        if !base.is_dir() {
            let above = file::directory_of(base);
            if !above.is_dir() {
                return Err(Advice::failed(
                    format!(
                        "there is no directory {}",
                        escape(&above.display().to_string())
                    ),
                    "make it, or correct the path of the destination",
                )
                .into());
            }
            file::make_directory(base).map_err(|error| not_written(&name, &error))?;
        }
        let lock = lock(base, &name)?;
        file::remove_temporary(base).map_err(|error| not_written(&name, &error))?;
        Ok(Self {
            base: base.to_owned(),
            name,
            interrupt,
            _lock: lock,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    fn not_written(&self, name: &str, error: &io::Error) -> anyhow::Error {
        let path = escape(&self.path(name).display().to_string());
        not_written(&path, error).into()
    }

    /// Makes a directory below this one, and removes from it what a killed process left.
    fn prepare(&self, name: &str) -> anyhow::Result<PathBuf> {
        let directory = self.path(name);
        file::make_directory(&directory)
            .and_then(|()| file::remove_temporary(&directory))
            .map_err(|error| self.not_written(name, &error))?;
        Ok(directory)
    }

    fn refuse_overtaken(&self, before: Option<&Found>) -> anyhow::Result<()> {
        let now = read(&self.path(TIMESTAMP), u64::MAX)?;
        if now.as_deref() == before.map(|found| &*found.bytes) {
            Ok(())
        } else {
            Err(overtaken(&self.name).into())
        }
    }

    fn replace_timestamp(&self, reveal: &Reveal<'_>, written: &mut Written) -> anyhow::Result<()> {
        let Some(bytes) = &reveal.timestamp else {
            return Ok(());
        };
        file::write_atomically(&self.path(TIMESTAMP), bytes, Access::Public)
            .map_err(|error| self.not_written(TIMESTAMP, &error))?;
        written.add(TIMESTAMP);
        Ok(())
    }
}

#[async_trait(?Send)]
impl Destination for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    async fn read(&self, name: &str, limit: u64) -> anyhow::Result<Option<Found>> {
        let bytes = read(&self.path(name), limit)?;
        Ok(bytes.map(|bytes| Found {
            bytes,
            version: None,
        }))
    }

    async fn put_targets(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        targets::put(self, files, progress, written).await
    }

    async fn put_metadata(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        metadata::put(self, files, progress, written).await
    }

    async fn replace(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        // One after the other, each whole, whatever was there.
        targets::put(self, files, progress, written).await
    }

    async fn reveal(&self, reveal: Reveal<'_>, written: &mut Written) -> anyhow::Result<()> {
        self.interrupt.check().await?;
        self.refuse_overtaken(reveal.before)?;
        let begun = reveal.before.is_some();
        if reveal.order == Order::AtOnce && begun && exchange::at_once(self, &reveal, written)? {
            return Ok(());
        }
        if reveal.order == Order::TimestampFirst {
            self.replace_timestamp(&reveal, written)?;
        }
        let roots = Box::new(reveal.roots.iter().cloned().map(Ok));
        metadata::put(self, roots, &Progress::none(), written).await?;
        if reveal.order != Order::TimestampFirst {
            self.replace_timestamp(&reveal, written)?;
        }
        Ok(())
    }
}

fn lock(base: &Path, name: &str) -> anyhow::Result<File> {
    let failed = |error: io::Error| {
        Advice::failed(
            format!("cannot lock {name}: {error}"),
            "publish to a directory whose file system has locks, or as a user who may read it",
        )
    };
    let directory = File::open(base).map_err(failed)?;
    match directory.try_lock() {
        Ok(()) => Ok(directory),
        Err(TryLockError::WouldBlock) => Err(Advice::needs_person(
            format!("another publisher is at work in {name}: nothing was written"),
            "let it end, then run `privyseal repo publish` again: it says whether the two differ",
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(failed(error).into()),
    }
}

/// The content of a file of at most `limit` bytes; none where there is no such file.
fn read(path: &Path, limit: u64) -> anyhow::Result<Option<Vec<u8>>> {
    let shown = || escape(&path.display().to_string());
    match fs::metadata(path) {
        Ok(found) if found.len() > limit => Err(changed(&shown()).into()),
        Ok(_) => match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(unreadable(&shown(), &error).into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(&shown(), &error).into()),
    }
}

fn unreadable(path: &str, error: &io::Error) -> Advice {
    Advice::failed(
        format!("cannot read {path}: {error}"),
        "publish as a user who may read it; what is published must be known before it is replaced",
    )
}
