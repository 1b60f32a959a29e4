use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use crate::failure::Advice;
use crate::fetch::{Location, Source};
use crate::repo::MAX_ROOT;

/// Where a published repository is read from.
#[derive(Args, Debug)]
pub(super) struct SourceArgs {
    /// A directory or URL with metadata/ and targets/ in it.
    #[arg(value_name = "SOURCE", required_unless_present = "metadata")]
    source: Option<Location>,
    /// Where the metadata is, if it is elsewhere.
    #[arg(long, value_name = "PLACE")]
    metadata: Option<Location>,
    /// Where the target files are, if they are elsewhere.
    #[arg(long, value_name = "PLACE")]
    targets: Option<Location>,
}

impl SourceArgs {
    /// Opens the place of the metadata, and that of the target files where they are wanted;
    /// `leave_out` is how a person leaves them out.
    pub(super) fn open(&self, with_files: bool, leave_out: &str) -> anyhow::Result<Source> {
        let below = |name: &str| self.source.as_ref().map(|source| source.below(name));
        let metadata = self.metadata.clone().or_else(|| below("metadata"));
        let targets = self.targets.clone().or_else(|| below("targets"));
        let metadata = metadata.context("no metadata is named")?;
        if targets.is_none() && with_files {
            return Err(Advice::failed(
                "it is not said where the target files are",
                format!("name the place with --targets, or leave them out with {leave_out}"),
            )
            .into());
        }
        Source::open(&metadata, targets.as_ref())
    }
}

/// Reads a root that came by a trusted way.
pub(super) fn read_root(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_ROOT + 1).read_to_end(&mut bytes));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MAX_ROOT {
        let message = format!("{} has more than {MAX_ROOT} bytes", path.display());
        return Err(Advice::failed(message, "name a root metadata file").into());
    }
    Ok(bytes)
}
