mod answer;
mod create;
mod large;
mod open;
mod reveal;

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, UpdateVersion};
use tokio::sync::Semaphore;
use url::Url;

use self::answer::Service;
use super::fault::changed;
use super::{Destination, Files, Found, Interrupt, NewFile, Reveal, Written};
use crate::show::{Progress, escape};

/// As many files are on their way at once.
const PARALLEL: usize = 16;
/// As many MiB of them are in memory at once.
const MEMORY: usize = 32;
/// For up to as many files, each is tried; for more, what is there is listed first.
const FEW: usize = 200;

/// A bucket, or a part of one below a prefix, at Amazon S3, Google Cloud Storage, Azure Blob
/// Storage, or what speaks the protocol of one of them.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    service: Service,
    prefix: Path,
    name: String,
    memory: Semaphore,
    /// Whether the store has conditional writes, once that is known.
    conditions: Cell<Option<bool>>,
    interrupt: Interrupt,
}

impl Bucket {
    /// The bucket with this address. Credentials and options come from the environment: those of
    /// object_store, such as AWS_ACCESS_KEY_ID. Nothing is sent yet.
    pub fn open(url: &Url, interrupt: Interrupt) -> anyhow::Result<Self> {
        let (store, service, prefix) = open::open(url)?;
        Ok(Self::of(store, service, prefix, url.as_str(), interrupt))
    }

    /// A bucket that is gone with this.
    #[cfg(test)]
    pub(crate) fn in_memory(prefix: &str) -> Self {
        let store = Arc::new(object_store::memory::InMemory::new());
        let name = format!("memory:{prefix}");
        Self::of(store, Service::S3, prefix.into(), &name, Interrupt::never())
    }

    fn of(
        store: Arc<dyn ObjectStore>,
        service: Service,
        prefix: Path,
        name: &str,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            store,
            service,
            prefix,
            name: escape(name),
            memory: Semaphore::new(MEMORY),
            conditions: Cell::new(None),
            interrupt,
        }
    }

    /// The key of a file. What object_store would escape in it stays as it is, since clients ask
    /// for it so.
    fn key(&self, name: &str) -> anyhow::Result<Path> {
        let key = match self.prefix.as_ref() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        };
        Ok(Path::parse(key)?)
    }

    fn failed(&self, doing: &str, error: &Error) -> anyhow::Error {
        self.service.explain(&self.name, doing, error).into()
    }

    /// Sizes of the files in a folder, by name.
    async fn list(&self, folder: &str) -> anyhow::Result<HashMap<String, u64>> {
        let key = self.key(folder)?;
        let skipped = key.as_ref().len() - folder.len();
        let listing = self.store.list(Some(&key)).map_ok(|found| {
            let name = found.location.as_ref().get(skipped..).unwrap_or_default();
            (name.to_owned(), found.size)
        });
        let listing = self.interrupt.or(listing.try_collect()).await?;
        listing.map_err(|error| self.failed(&format!("list {folder}/"), &error))
    }

    /// Puts files, several at once, where there are none of their names.
    async fn put(
        &self,
        mut files: Files<'_>,
        there: &HashMap<String, u64>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        let uploads = stream::iter(&mut files).map(|file| async {
            let file = file?;
            let is_there = there.get(&file.name) == Some(&file.length);
            let new = !is_there && self.create(&file).await?;
            anyhow::Ok((file, new))
        });
        let mut uploads = uploads.buffer_unordered(PARALLEL);
        while let Some((file, new)) = uploads.try_next().await? {
            progress.advance(file.length);
            if new {
                written.add(&file.name);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own would show how it signs its requests.
        f.debug_struct("Bucket").field("name", &self.name).finish()
    }
}

#[async_trait(?Send)]
impl Destination for Bucket {
    fn name(&self) -> &str {
        &self.name
    }

    async fn read(&self, name: &str, limit: u64) -> anyhow::Result<Option<Found>> {
        let key = self.key(name)?;
        let read = async {
            let found = match self.store.get(&key).await {
                Err(Error::NotFound { .. }) => return Ok(None),
                found => found?,
            };
            let version = UpdateVersion {
                e_tag: found.meta.e_tag.clone(),
                version: found.meta.version.clone(),
            };
            let bytes = if found.meta.size > limit {
                None
            } else {
                Some(found.bytes().await?)
            };
            Ok(Some((bytes, version)))
        };
        let read = self.interrupt.or(read).await?;
        match read.map_err(|error| self.failed(&format!("read {name}"), &error))? {
            None => Ok(None),
            Some((None, _)) => Err(changed(&format!("{name} at {}", self.name)).into()),
            Some((Some(bytes), version)) => Ok(Some(Found {
                bytes: bytes.into(),
                version: Some(version),
            })),
        }
    }

    async fn put_targets(
        &self,
        mut files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        let first: Vec<_> = files.by_ref().take(FEW).collect();
        let there = match first.len() {
            FEW => self.list("targets").await?,
            _ => HashMap::new(),
        };
        let files = Box::new(first.into_iter().chain(files));
        self.put(files, &there, progress, written).await
    }

    async fn put_metadata(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        self.put(files, &HashMap::new(), progress, written).await
    }

    async fn replace(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        for file in files {
            let file = file?;
            if self.overwrite(&file).await? {
                written.add(&file.name);
            }
            progress.advance(file.length);
        }
        Ok(())
    }

    async fn reveal(&self, reveal: Reveal<'_>, written: &mut Written) -> anyhow::Result<()> {
        self.show(reveal, written).await
    }
}
