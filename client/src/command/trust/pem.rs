//! Files of keys that are delegated to.

use std::path::Path;

use super::desk::read_text;
use crate::failure::Advice;
use crate::show::now;
use crate::trust::change::{DelegationKey, read_key};

/// Reads a public key or certificate.
pub(super) fn key_file(path: &Path) -> anyhow::Result<DelegationKey> {
    let text = read_text(path, 256 << 10)?;
    let read = read_key(&text, now()).map_err(|error| {
        Advice::failed(
            format!("{}: {error}", path.display()),
            "give a PEM public key or certificate of the signer",
        )
    });
    Ok(read?)
}
