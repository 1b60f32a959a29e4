use object_store::{PutMode, PutPayload};

use super::Bucket;
use super::create::Put;
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
        if reveal.order == Order::AtOnce && reveal.before.is_some() {
            written.note(format!(
                "for the moment between the new root and the new timestamp, clients of {} found nothing valid: a bucket can't show two files at once. To avoid that, rotate in two steps: add the new key and publish, then remove the old one",
                self.name
            ));
        }
        if self.conditions.get() == Some(false) {
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
        let payload = PutPayload::from_bytes(new.clone());
        // By now there is a root to try it with.
        self.conditions.set(self.probe().await?);
        let version = reveal.before.and_then(|found| found.version.clone());
        let mode = match version {
            _ if self.conditions.get() == Some(false) => PutMode::Overwrite,
            Some(version) => PutMode::Update(version),
            None => PutMode::Create,
        };
        match self.put_if(TIMESTAMP, &payload, mode).await? {
            Put::Done => {}
            // The first request may have arrived though its answer got lost.
            Put::Refused | Put::Unconditional => self.refuse_other(new).await?,
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
        if self.conditions.get().is_none() {
            let found = self.probe().await?;
            self.conditions.set(Some(found.unwrap_or(true)));
        }
        Ok(self.conditions.get() == Some(true))
    }

    /// Tries to create the first root once more: it is there, and would stay as it is.
    async fn probe(&self) -> anyhow::Result<Option<bool>> {
        let Some(root) = self.read(FIRST_ROOT, ROOT_LIMIT).await? else {
            return Ok(None);
        };
        let payload = PutPayload::from(root.bytes);
        match self.put_if(FIRST_ROOT, &payload, PutMode::Create).await? {
            Put::Refused => Ok(Some(true)),
            Put::Done | Put::Unconditional => Ok(Some(false)),
        }
    }
}
