use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use privyseal_tuf::Sha256Digest;
use serde::{Deserialize, Serialize};

/// What is known of a repository. Its files were verified when they were kept, and are verified
/// again when they are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// How it began.
    pub trusted: TrustedSince,
    /// Every root from the first that was trusted to the newest, in their order.
    pub roots: Vec<Kept>,
    /// The newest of each other role that was seen, by the role's name: `timestamp`, `snapshot`,
    /// `targets`, `targets/releases`, …
    pub files: BTreeMap<String, Kept>,
}

/// A metadata file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The version that it has.
    pub version: u64,
    /// The file as it was received.
    pub bytes: Arc<[u8]>,
}

/// The first root that was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedSince {
    /// Its version.
    pub version: u64,
    /// Of the file.
    pub sha256: Sha256Digest,
    /// When: unix seconds.
    pub at: i64,
    /// Why.
    pub by: TrustedBy,
}

/// Why a root is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustedBy {
    /// Nobody said anything of it, and it was the first.
    FirstUse,
    /// A pinned certificate authority issued its certificate.
    Ca,
    /// Its key is pinned.
    RootKeys,
    /// Its certificate is pinned.
    CertIds,
    /// This user made it.
    MadeHere,
}

impl fmt::Display for TrustedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FirstUse => "on first use",
            Self::Ca => "by a pinned CA",
            Self::RootKeys => "by a pinned root key",
            Self::CertIds => "by a pinned certificate",
            Self::MadeHere => "because it was made here",
        })
    }
}

impl Kept {
    /// A file of this version.
    pub fn new(version: u64, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            version,
            bytes: bytes.into(),
        }
    }

    /// Its digest, by which it is kept.
    pub fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.bytes)
    }
}

impl Memory {
    /// The newest root.
    pub fn root(&self) -> Option<&Kept> {
        self.roots.last()
    }
}
