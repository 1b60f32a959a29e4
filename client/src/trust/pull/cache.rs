//! What is remembered of a repository, as a source of its metadata, and how it is remembered.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use privyseal_tuf::Sha256Digest;

use super::source::{Source, SourceError};
use super::verified::{Metadata, Verified};
use super::{Freshness, Pull, PullError, Pulled};
use crate::trust::home::{HomeError, Kept, Memory, RepositoryHome};

impl Pull<'_> {
    /// Verifies what is remembered, as if the server said it. `why` the server is not asked.
    pub(super) async fn cached(
        &self,
        memory: Option<&Memory>,
        why: String,
    ) -> Result<Pulled, PullError> {
        let Some(memory) = memory else {
            return Err(PullError::Unreachable(why));
        };
        let source = Remembered(memory);
        let dated = Pull {
            source: &source,
            ..*self
        };
        let undated = Pull {
            dated: false,
            ..dated
        };
        let (pulled, expired) = match dated.verified(Some(memory)).await {
            Err(PullError::Expired { .. }) if self.pins.allow_expired_cache() => {
                (undated.verified(Some(memory)).await, true)
            }
            other => (other, false),
        };
        match pulled {
            Ok(pulled) => Ok(Pulled {
                freshness: Freshness::Cached { why, expired },
                ..pulled
            }),
            Err(error @ PullError::Expired { .. }) => {
                let text = format!("{why}; and what is remembered is out of date: {error}");
                Err(PullError::Unreachable(text))
            }
            Err(error) => Err(error),
        }
    }
}

struct Remembered<'a>(&'a Memory);

#[async_trait(?Send)]
impl Source for Remembered<'_> {
    async fn latest(&self, role: &str) -> Result<Option<Bytes>, SourceError> {
        let kept = match role {
            "root" => self.0.root(),
            role => self.0.files.get(role),
        };
        Ok(kept.map(|kept| Bytes::copy_from_slice(&kept.bytes)))
    }

    async fn by_hash(
        &self,
        role: &str,
        sha256: &Sha256Digest,
    ) -> Result<Option<Bytes>, SourceError> {
        let kept = self.0.files.get(role);
        let kept = kept.filter(|kept| kept.sha256() == *sha256);
        Ok(kept.map(|kept| Bytes::copy_from_slice(&kept.bytes)))
    }

    async fn root(&self, _: u64) -> Result<Option<Bytes>, SourceError> {
        Ok(None)
    }
}

/// Remembers what was pulled, where no other process has seen something newer meanwhile.
pub(super) fn remember(home: &RepositoryHome, pulled: &Pulled) -> Result<(), HomeError> {
    let lock = home.lock()?;
    let known = lock.recall()?;
    let memory = memory_of(pulled, known.as_ref());
    let newer = known.as_ref().is_some_and(|known| {
        let version = |memory: &Memory, role: &str| memory.files.get(role).map(|it| it.version);
        known.roots.len() > memory.roots.len() && known.root() != memory.root()
            || version(known, "timestamp") > version(&memory, "timestamp")
    });
    if newer || known.as_ref() == Some(&memory) {
        return Ok(());
    }
    lock.remember(&memory)
}

fn memory_of(pulled: &Pulled, known: Option<&Memory>) -> Memory {
    let mut files = BTreeMap::from([
        ("timestamp".to_owned(), kept(&pulled.timestamp)),
        ("snapshot".to_owned(), kept(&pulled.snapshot)),
        ("targets".to_owned(), kept(&pulled.targets)),
    ]);
    for role in &pulled.delegations {
        let name = role.name.as_str();
        let file = match &role.metadata {
            Ok(metadata) => Some(kept(metadata)),
            // What was seen of it before still counts.
            Err(_) => known.and_then(|known| known.files.get(name).cloned()),
        };
        files.extend(file.map(|file| (name.to_owned(), file)));
    }
    Memory {
        trusted: pulled.trusted.clone(),
        roots: pulled.roots.iter().map(kept).collect(),
        files,
    }
}

fn kept<V: Metadata>(verified: &Verified<V>) -> Kept {
    Kept::new(verified.view.version(), verified.bytes().into_owned())
}
