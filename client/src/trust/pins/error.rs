use std::io;
use std::path::{Path, PathBuf};

use super::{CaProblem, Candidate, PinnedIds};
use crate::trust::reference::Gun;

/// A root is not one that the pins allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{gun}: {why} (pinned in {from})")]
pub struct PinError {
    gun: Gun,
    from: String,
    why: Box<Mismatch>,
}

/// Why pins that can't be read are not applied: nothing is trusted then.
#[derive(Debug, thiserror::Error)]
pub enum PinConfigError {
    /// The file can't be read.
    #[error("cannot read the pins in {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {what}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        what: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mismatch {
    #[error("its root certificate is {found}, and for {pattern} only {pinned} is allowed")]
    Certificates {
        pattern: String,
        found: String,
        pinned: String,
    },
    #[error("its root key is {found}, and for {pattern} only {pinned} is allowed")]
    RootKeys {
        pattern: String,
        found: String,
        pinned: String,
    },
    #[error(
        "official-library-images asks for Docker's own root key, which this client has not built in: give its id in root-keys for docker.io/library/*"
    )]
    NoOfficialKey,
    #[error(
        "content trust is enforced, and this repository is not pinned: add it to root-keys or cert-ids"
    )]
    NotPinned,
    #[error(
        "nothing is pinned and nothing is known of it, and first use is disabled (disable_tofu): pin its certificate in certs, or its CA in ca"
    )]
    NoFirstUse,
    #[error("{0}")]
    Ca(#[from] CaProblem),
}

impl PinError {
    pub(super) fn new(gun: &Gun, from: &str, why: Mismatch) -> Self {
        Self {
            gun: gun.clone(),
            from: from.to_owned(),
            why: Box::new(why),
        }
    }
}

impl Mismatch {
    pub(super) fn certificates(pattern: &str, ids: &PinnedIds, found: &[Candidate]) -> Self {
        Self::Certificates {
            pattern: pattern.to_owned(),
            found: list(found.iter().map(|it| it.certificate.as_str())),
            pinned: ids.to_string(),
        }
    }

    pub(super) fn root_keys(pattern: &str, ids: &PinnedIds, found: &[Candidate]) -> Self {
        Self::RootKeys {
            pattern: pattern.to_owned(),
            found: list(found.iter().map(|it| it.canonical.as_str())),
            pinned: ids.to_string(),
        }
    }
}

impl PinConfigError {
    pub(super) fn whole(path: &Path, what: impl ToString) -> Self {
        Self::Parse {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

/// As many ids are shown to a person.
const MOST: usize = 4;

fn list<'a>(ids: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: Vec<&str> = ids.clone().take(MOST).collect();
    match ids.count() - shown.len() {
        0 if shown.is_empty() => "none that is valid".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
