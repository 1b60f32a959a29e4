use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::PublishError;
use crate::file::{self, Access};
use crate::trust::change::Change;
use crate::trust::home::RepositoryHome;
use crate::trust::reference::Digest;

/// What was last sent, kept from before it is sent until it is known to have arrived or not.
#[derive(Clone, Debug)]
pub struct Outbox {
    path: PathBuf,
}

/// A publication on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    format: u32,
    /// The changes that it makes.
    pub changes: Vec<Change>,
    /// The numbers of those that were staged.
    pub staged: Vec<u64>,
    files: Vec<SentFile>,
}

/// A document of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SentFile {
    pub(super) role: String,
    pub(super) version: u64,
    document: String,
}

const FORMAT: u32 = 1;
const FILE: &str = "sent.json";

/// The longest file of it, in bytes.
const LONGEST: u64 = 256 << 20;

impl Sent {
    /// With documents by role, each with its version.
    pub(super) fn new(changes: &[Change], staged: &[u64], files: &[(String, u64, Bytes)]) -> Self {
        let files = files.iter().map(|(role, version, bytes)| SentFile {
            role: role.clone(),
            version: *version,
            document: BASE64_STANDARD.encode(bytes),
        });
        Self {
            format: FORMAT,
            changes: changes.to_vec(),
            staged: staged.to_vec(),
            files: files.collect(),
        }
    }

    pub(super) fn files(&self) -> &[SentFile] {
        &self.files
    }

    /// As the server is sent them.
    pub(super) fn documents(&self) -> Vec<(String, Bytes)> {
        let documents = self.files.iter();
        documents
            .map(|file| (file.role.clone(), file.bytes()))
            .collect()
    }
}

impl SentFile {
    pub(super) fn bytes(&self) -> Bytes {
        let bytes = BASE64_STANDARD.decode(&self.document);
        bytes.unwrap_or_default().into()
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.bytes())
    }
}

impl Outbox {
    /// That of a repository.
    #[must_use]
    pub fn of(home: &RepositoryHome) -> Self {
        Self {
            path: home.directory().join(FILE),
        }
    }

    /// What was sent, where it is not known what became of it.
    ///
    /// # Errors
    /// Where the file can't be read, or is damaged.
    pub fn read(&self) -> Result<Option<Sent>, PublishError> {
        let read = file::read_if_there(&self.path, LONGEST);
        let Some(bytes) = read.map_err(|error| self.io(error))? else {
            return Ok(None);
        };
        let damaged = |what: String| PublishError::Damaged {
            path: self.path.clone(),
            what,
        };
        let sent: Sent = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        let is_whole = |file: &SentFile| BASE64_STANDARD.decode(&file.document).is_ok();
        match sent.format == FORMAT && sent.files.iter().all(is_whole) {
            true => Ok(Some(sent)),
            false => Err(damaged("its documents or format".to_owned())),
        }
    }

    pub(super) fn write(&self, sent: &Sent) -> Result<(), PublishError> {
        let bytes = serde_json::to_vec(sent).map_err(|error| self.io(error.into()))?;
        file::write_atomically(&self.path, &bytes, Access::Private).map_err(|e| self.io(e))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// Where the file can't be removed.
    pub fn clear(&self) -> Result<(), PublishError> {
        let removed = file::remove_if_there(&self.path);
        removed.map(drop).map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> PublishError {
        PublishError::Io {
            path: self.path.clone(),
            source,
        }
    }
}
