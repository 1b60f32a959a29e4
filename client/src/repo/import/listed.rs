use std::fs;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::json::MAX_BYTES;
use privyseal_tuf::{Document, MetaFile, Role};

use crate::fetch::{FetchError, Source};
use crate::repo::published::Published;

/// Takes the metadata that the snapshot lists and nobody delegates to any more: no entry ever leaves
/// a snapshot. Nobody verifies it, so all that is asked of it is to be what the snapshot says.
/// Returns the names of those that are not there.
pub(super) fn take_rest(
    source: &Source,
    metadata: &Path,
    published: &Published,
    consistent: bool,
) -> anyhow::Result<Vec<String>> {
    let mut gone = Vec::new();
    for (name, entry) in published.listed() {
        let Some(role) = name
            .strip_suffix(".json")
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let versioned = metadata.join(Role::file_name(&role, entry.version));
        if versioned.exists() {
            continue;
        }
        let file = match consistent {
            true => role.file_name(entry.version),
            false => role.plain_file_name(),
        };
        match source.metadata(&file, MAX_BYTES as u64) {
            Ok(bytes) if is_listed(&bytes, &role, entry) => {
                fs::write(&versioned, bytes).with_context(|| file)?;
            }
            Ok(_) => {
                fs::remove_file(metadata.join(&file)).with_context(|| file)?;
                gone.push(role.to_string());
            }
            Err(FetchError::Unreadable { place, reason }) => {
                anyhow::bail!("cannot read {place}: {reason}");
            }
            Err(_) => gone.push(role.to_string()),
        }
    }
    Ok(gone)
}

fn is_listed(bytes: &[u8], role: &Role, entry: &MetaFile) -> bool {
    let view = || Document::parse(bytes).ok()?.view(role.kind()).ok();
    entry.matches(bytes) && view().is_some_and(|view| view.version() == entry.version)
}
