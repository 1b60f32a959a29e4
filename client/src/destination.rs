//! Where a repository is published to: directories and buckets.
//!
//! A destination knows files and bytes. What they mean, and in which order they must come, is
//! decided in `repo::publish`.

mod address;
mod bucket;
mod content;
mod directory;
mod fault;
mod interrupt;
mod written;

use async_trait::async_trait;
use bytes::Bytes;

use crate::show::Progress;

pub use address::{Address, AddressError};
pub use bucket::Bucket;
pub use content::{Content, NewFile};
pub use directory::Directory;
pub use fault::changed;
pub use interrupt::Interrupt;
pub use written::Written;

/// The name of the one file whose content is replaced.
pub const TIMESTAMP: &str = "metadata/timestamp.json";

/// Files, to be read by way of an iterator: there can be hundreds of thousands.
pub type Files<'a> = Box<dyn Iterator<Item = anyhow::Result<NewFile>> + 'a>;

/// What stood at a destination when it was read.
#[derive(Clone, Debug)]
pub struct Found {
    /// The content.
    pub bytes: Vec<u8>,
    /// What tells this state from every later one, where the destination has such a thing.
    pub version: Option<object_store::UpdateVersion>,
}

/// In which order new roots and the new timestamp become visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The old timestamp is valid under the new roots too.
    RootsFirst,
    /// The new timestamp is valid under the old root too.
    TimestampFirst,
    /// Neither is: between the two, clients would find nothing valid. At once where that can be
    /// done, else roots first and the timestamp right after them.
    AtOnce,
}

/// The last step of a publication, the only one that readers see.
#[derive(Debug)]
pub struct Reveal<'a> {
    /// The new roots.
    pub roots: Vec<NewFile>,
    /// The new timestamp; none where it stays as it is.
    pub timestamp: Option<Bytes>,
    /// The timestamp that is to be replaced, as it was read before anything was written.
    pub before: Option<&'a Found>,
    /// Which comes first.
    pub order: Order,
}

/// A place with the files of one repository. Names are relative to it, such as
/// `metadata/1.root.json`.
#[async_trait(?Send)]
pub trait Destination {
    /// As a person named it.
    fn name(&self) -> &str;

    /// The content of a file of at most `limit` bytes.
    async fn read(&self, name: &str, limit: u64) -> anyhow::Result<Option<Found>>;

    /// Puts target files that no metadata lists yet. When it returns, all of them are there, whole
    /// and durable. One that is there with another content is replaced: it is what an
    /// interruption left.
    async fn put_targets(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()>;

    /// Puts metadata that nothing leads to yet, in this order. When it returns, all of it is there,
    /// whole and durable. A file that is there with another content is an error: a version has
    /// one content.
    async fn put_metadata(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()>;

    /// Puts files in this order, in the place of what stands under their names: those of a
    /// repository without consistent snapshots, whose names don't change with their content. When
    /// it returns, all of them are durable.
    async fn replace(
        &self,
        files: Files<'_>,
        progress: &Progress,
        written: &mut Written,
    ) -> anyhow::Result<()>;

    /// Makes what was put visible, unless somebody else published meanwhile.
    async fn reveal(&self, reveal: Reveal<'_>, written: &mut Written) -> anyhow::Result<()>;
}

#[cfg(test)]
mod tests;
