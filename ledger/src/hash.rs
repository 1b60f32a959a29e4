//! SHA-256 in the three shapes of RFC 6962, section 2.1: leaf, node and the empty tree.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// Keeps a leaf from being read as a node, and the other way round (RFC 6962, section 2.1).
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A SHA-256 hash of the tree. Displays as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of a leaf: what names a record, and the genesis record names the ledger.
    #[must_use]
    pub fn leaf(record: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update(LEAF)
                .chain_update(record)
                .finalize()
                .into(),
        )
    }

    /// The hash of an inner node.
    #[must_use]
    pub fn node(left: &Self, right: &Self) -> Self {
        let hasher = Sha256::new().chain_update(NODE).chain_update(left.0);
        Self(hasher.chain_update(right.0).finalize().into())
    }

    /// The root of a tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Hash> for Vec<u8> {
    fn from(hash: Hash) -> Self {
        hash.0.to_vec()
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = NotAHash;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAHash)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Bytes or text that cannot be a [`struct@Hash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash of the ledger has 32 bytes, written as 64 hex digits")]
pub struct NotAHash;
