use std::cell::Cell;

use async_trait::async_trait;
use bytes::Bytes;
use privyseal_tuf::Sha256Digest;

use super::{Source, SourceError};

/// The most that is fetched in one pull, in bytes: as much as is kept of one repository.
pub(super) const MOST_BYTES: usize = 512 << 20;

/// A source of which no more than so much is taken: every file is held until the pull ends, and a
/// server may have a thousand of them, each as large as one may be.
pub(super) struct Budget<'a> {
    source: &'a dyn Source,
    left: Cell<usize>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(source: &'a dyn Source, bytes: usize) -> Self {
        Self {
            source,
            left: Cell::new(bytes),
        }
    }

    fn spend(&self, file: Option<Bytes>) -> Result<Option<Bytes>, SourceError> {
        let length = file.as_ref().map_or(0, Bytes::len);
        let left = self.left.get().checked_sub(length).ok_or_else(|| {
            let text = "it has more metadata of the repository than the 512 MiB that are fetched";
            SourceError::Wrong(text.to_owned())
        })?;
        self.left.set(left);
        Ok(file)
    }
}

#[async_trait(?Send)]
impl Source for Budget<'_> {
    async fn latest(&self, role: &str) -> Result<Option<Bytes>, SourceError> {
        self.spend(self.source.latest(role).await?)
    }

    async fn by_hash(
        &self,
        role: &str,
        sha256: &Sha256Digest,
    ) -> Result<Option<Bytes>, SourceError> {
        self.spend(self.source.by_hash(role, sha256).await?)
    }

    async fn root(&self, version: u64) -> Result<Option<Bytes>, SourceError> {
        self.spend(self.source.root(version).await?)
    }
}
