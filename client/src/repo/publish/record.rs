use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use privyseal_tuf::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, changed};
use super::write::TIMESTAMP;
use crate::file::{self, Access};

/// The SHA-256 of every metadata file that was published last. It tells a published file that
/// someone changed from one that this client wrote.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    files: BTreeMap<String, String>,
}

impl Record {
    /// The record of a publication.
    pub(super) fn of(plan: &Plan) -> Self {
        let digest = |bytes: &Vec<u8>| Sha256Digest::of(bytes).to_string();
        let files = plan.metadata.iter();
        Self {
            files: files
                .map(|(name, bytes)| (name.clone(), digest(bytes)))
                .collect(),
        }
    }

    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        file::write_atomically(path, &bytes, Access::Public)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Refuses to go on where a published file is not what this client published. Only the
    /// timestamp may be what is about to be published: then an earlier attempt was interrupted.
    pub(super) fn refuse_changes(&self, metadata: &Path, plan: &Plan) -> anyhow::Result<()> {
        for (name, digest) in &self.files {
            let path = metadata.join(name);
            let bytes = fs::read(&path).map_err(|_| changed(&path))?;
            let is_new = name == TIMESTAMP && plan.metadata.iter().any(|(_, new)| *new == bytes);
            if Sha256Digest::of(&bytes).to_string() != *digest && !is_new {
                return Err(changed(&path).into());
            }
        }
        Ok(())
    }
}
