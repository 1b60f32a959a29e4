use bytes::Bytes;
use object_store::{Error, ObjectStore, PutMode, PutOptions, PutPayload};

use super::Bucket;
use super::create::{Put, attributes};
use crate::destination::fault::overtaken;
use crate::destination::{Destination, Order, Reveal, TIMESTAMP, Written};

const FIRST_ROOT: &str = "metadata/1.root.json";
/// Larger than any sane root.
const ROOT_LIMIT: u64 = 16 << 20;

impl Bucket {
    /// Shows roots and timestamp. The timestamp is put on the condition that it is still the one
    /// that was read in the beginning.
    pub(super) async fn show(
        &self,
        reveal: Reveal<'_>,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        self.refuse_overtaken(&reveal).await?;
        if reveal.order == Order::TimestampFirst {
            self.replace_timestamp(&reveal, written).await?;
        }
        for root in &reveal.roots {
            if self.create(root).await? {
                written.add(&root.name);
            }
        }
        if reveal.order != Order::TimestampFirst {
            self.replace_timestamp(&reveal, written).await?;
        }
        if !self.probe().await?.unwrap_or(true) {
            written.note(format!(
                "{} has no conditional writes: two publishers at the very same moment would not be kept apart",
                self.name
            ));
        }
        Ok(())
    }

    async fn replace_timestamp(
        &self,
        reveal: &Reveal<'_>,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        let Some(new) = &reveal.timestamp else {
            return Ok(());
        };
        let payload = PutPayload::from_bytes(Bytes::copy_from_slice(new));
        let version = reveal.before.and_then(|found| found.version.clone());
        let mode = match version {
            _ if !self.keeps_conditions().await? => PutMode::Overwrite,
            Some(version) => PutMode::Update(version),
            None => PutMode::Create,
        };
        match self.put_if(TIMESTAMP, &payload, mode).await? {
            Put::Done => {}
            // The first request may have arrived though its answer got lost.
            Put::Refused => self.refuse_other(new).await?,
        }
        written.add(TIMESTAMP);
        Ok(())
    }

    /// Refuses to go on where the timestamp is neither as it was nor the new one.
    async fn refuse_overtaken(&self, reveal: &Reveal<'_>) -> anyhow::Result<()> {
        let now = self.read(TIMESTAMP, u64::MAX).await?;
        let now = now.as_ref().map(|found| &*found.bytes);
        let is_new = now.is_some() && now == reveal.timestamp.as_deref();
        if is_new || now == reveal.before.map(|found| &*found.bytes) {
            Ok(())
        } else {
            Err(overtaken(&self.name).into())
        }
    }

    async fn refuse_other(&self, new: &[u8]) -> anyhow::Result<()> {
        match self.read(TIMESTAMP, u64::MAX).await? {
            Some(found) if found.bytes == new => Ok(()),
            _ => Err(overtaken(&self.name).into()),
        }
    }

    /// Whether the store refuses to create what is there. It is taken to do so until there is a
    /// root to try it with.
    pub(super) async fn keeps_conditions(&self) -> anyhow::Result<bool> {
        let known = self.conditions.get_or_try_init(|| async {
            Ok::<_, anyhow::Error>(self.probe().await?.unwrap_or(true))
        });
        known.await.copied()
    }

    /// Tries to create the first root once more: it is there, and would stay as it is.
    async fn probe(&self) -> anyhow::Result<Option<bool>> {
        let Some(root) = self.read(FIRST_ROOT, ROOT_LIMIT).await? else {
            return Ok(None);
        };
        let options = PutOptions {
            mode: PutMode::Create,
            attributes: attributes(FIRST_ROOT),
            ..PutOptions::default()
        };
        let key = self.key(FIRST_ROOT)?;
        let put = self
            .store
            .put_opts(&key, PutPayload::from(root.bytes), options);
        match self.interrupt.or(put).await? {
            Ok(_) | Err(Error::NotImplemented { .. }) => Ok(Some(false)),
            Err(
                Error::AlreadyExists { .. }
                | Error::Precondition { .. }
                | Error::NotModified { .. },
            ) => Ok(Some(true)),
            Err(error) => Err(self.failed("ask for a conditional write", &error)),
        }
    }
}
