//! What can be wrong with a ledger on disk, in words for the operator.

use std::{io, path::PathBuf};

use crate::Hash;

/// Why a ledger cannot be opened, read or appended to.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The directory or one of its segments is not there.
    #[error(
        "the ledger is missing: there is no {}. Without it the agent cannot know what it signed \
         before, so it does not start; a missing ledger is never a first start. Put the ledger \
         back, or correct its path in the config", path.display()
    )]
    Missing {
        /// What was looked for.
        path: PathBuf,
    },
    /// A segment ends before its records do.
    #[error(
        "the ledger is truncated: {} ends at byte {length}, and record {record} is not whole. No \
         crash leaves this: the file was cut. Restore the ledger from a copy; the clients' \
         remembered heads show whether the copy is complete", path.display()
    )]
    Truncated {
        /// The segment.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// The first record that is not whole.
        record: u64,
    },
    /// A record is not what was written, or breaks the ledger's rules.
    #[error(
        "the ledger is damaged at record {record} ({}, byte {offset}): {what}. No crash leaves \
         this. Keep the files as they are, and restore the ledger from a copy", path.display()
    )]
    Damaged {
        /// The index of the record.
        record: u64,
        /// The segment.
        path: PathBuf,
        /// Where the record's frame begins in it.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The ledger is whole but not the one that the config names.
    #[error(
        "this is another ledger: its genesis is {found}, the config names {expected}. Correct the \
         ledger's path or its genesis in the config"
    )]
    WrongGenesis {
        /// The genesis in the config.
        expected: Hash,
        /// The genesis on disk.
        found: Hash,
    },
    /// A new ledger was to be made where one is.
    #[error("{} already holds a ledger; it was left as it is", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// Another process writes this ledger.
    #[error("another agent holds the ledger ({}); stop it first", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no room for more records. Nothing changed; a retry is safe and succeeds when there
    /// is room again.
    #[error(
        "no room for the ledger in {}: nothing was recorded, so nothing is signed. Free some \
         space; the agent goes on by itself", path.display()
    )]
    Full {
        /// The ledger's directory.
        path: PathBuf,
    },
    /// The records could not be made durable. They count as not recorded; a retry is safe.
    #[error(
        "the ledger cannot be used: {what}{}. Nothing is signed until it can",
        source.as_ref().map(|source| format!(": {source}")).unwrap_or_default()
    )]
    Failed {
        /// What was being done, to which file.
        what: String,
        /// The system's answer, where there is one.
        source: Option<io::Error>,
    },
    /// The caller asked for something that no ledger holds. Nothing changed.
    #[error("the ledger refuses: {what}; nothing was recorded")]
    Refused {
        /// What was wrong with it.
        what: String,
    },
}

impl LedgerError {
    /// The stable code of this error; docs/ledger.md says what to do for each.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "LEDGER_MISSING",
            Self::Truncated { .. } => "LEDGER_TRUNCATED",
            Self::Damaged { .. } => "LEDGER_DAMAGED",
            Self::WrongGenesis { .. } => "LEDGER_FOREIGN",
            Self::Exists { .. } => "LEDGER_EXISTS",
            Self::Locked { .. } => "LEDGER_LOCKED",
            Self::Full { .. } => "LEDGER_FULL",
            Self::Failed { .. } => "LEDGER_FAILED",
            Self::Refused { .. } => "LEDGER_REFUSED",
        }
    }

    /// Turns a system error into "full" or "failed".
    pub(crate) fn io(path: impl Into<PathBuf>, what: &str, source: io::Error) -> Self {
        let path = path.into();
        if is_full(&source) {
            return Self::Full { path };
        }
        let what = format!("{what} {}", path.display());
        Self::Failed {
            what,
            source: Some(source),
        }
    }
}

/// Whether the system says that there is no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
