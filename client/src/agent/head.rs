use std::fmt;

use privyseal_ledger::{Hash, Head, NotAHash, verify_consistency, verify_inclusion};
use serde::{Deserialize, Serialize};

/// A hash as text in files: 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HashText(pub Hash);

impl TryFrom<String> for HashText {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse().map(Self)
    }
}

impl From<HashText> for String {
    fn from(text: HashText) -> Self {
        text.0.to_string()
    }
}

/// What this client knows of a ledger: its name, and a head that all later ones must contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownLedger {
    /// The leaf hash of its first record.
    pub genesis: Hash,
    /// The newest head that was proved.
    pub head: Head,
}

/// What an agent says of its ledger, with the proof for the head that it was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownLedger {
    /// The ledger's name.
    pub genesis: Hash,
    /// Its present head.
    pub head: Head,
    /// RFC 6962 consistency proof from the remembered size.
    pub consistency: Vec<Hash>,
}

/// The three ways in which an agent's ledger can be another one than it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// It has fewer records than this client saw.
    Shorter,
    /// It has other records than those that this client saw.
    Forked,
    /// It is a different ledger.
    Replaced,
}

impl Breach {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Shorter => "LEDGER_SHORTER",
            Self::Forked => "LEDGER_FORKED",
            Self::Replaced => "LEDGER_REPLACED",
        }
    }
}

/// An agent's ledger contradicts what this client saw of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadError {
    /// In which way.
    pub breach: Breach,
    /// What was seen, and what is shown.
    pub message: String,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.breach.code(), self.message)
    }
}

impl std::error::Error for HeadError {}

/// Holds what an agent shows against what is remembered and what the config pins, and returns what
/// to remember next.
pub fn judge(
    pinned: Option<Hash>,
    remembered: Option<KnownLedger>,
    shown: &ShownLedger,
) -> Result<KnownLedger, HeadError> {
    let expected = pinned.or(remembered.map(|known| known.genesis));
    if let Some(expected) = expected.filter(|expected| *expected != shown.genesis) {
        return Err(replaced(expected, shown.genesis));
    }
    if let Some(known) = remembered {
        if known.genesis != shown.genesis {
            return Err(replaced(known.genesis, shown.genesis));
        }
        if shown.head.size < known.head.size {
            return Err(shorter(known.head.size, shown.head.size));
        }
        verify_consistency(&known.head, &shown.head, &shown.consistency)
            .map_err(|why| forked(&known.head, &shown.head, &why.to_string()))?;
    }
    Ok(KnownLedger {
        genesis: shown.genesis,
        head: shown.head,
    })
}

/// Verifies that the tree of `old` is the beginning of the tree of `new`, by the audit path of
/// old's last leaf in the new tree.
///
/// The nodes to the left of that leaf are the same in both trees and hold all earlier records; so
/// one path proves both roots. Unlike a consistency proof to "the present head", this works for a
/// `new` of any size, while the ledger grows.
pub fn verify_prefix(old: &Head, new: &Head, leaf: &Hash, path: &[Hash]) -> Result<(), HeadError> {
    if old.size > new.size {
        return Err(shorter(old.size, new.size));
    }
    let fork = |why: String| forked(old, new, &why);
    let Some(index) = old.size.checked_sub(1) else {
        return Err(fork("an empty ledger signs nothing".to_owned()));
    };
    verify_inclusion(leaf, index, new, path).map_err(|why| fork(why.to_string()))?;
    let left = left_siblings(index, new.size - 1, path);
    verify_inclusion(leaf, index, old, &left).map_err(|why| fork(why.to_string()))
}

/// The nodes of an audit path (RFC 9162, section 2.1.3.2) that stand to the left of the leaf.
fn left_siblings(mut position: u64, mut last: u64, path: &[Hash]) -> Vec<Hash> {
    let mut left = Vec::new();
    for sibling in path {
        if position & 1 == 1 || position == last {
            left.push(*sibling);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        }
        position >>= 1;
        last >>= 1;
    }
    left
}

/// The error for a ledger that shows fewer records than were seen.
pub(super) fn shorter(seen: u64, shown: u64) -> HeadError {
    lost(seen, &format!("the ledger has {shown} records"))
}

/// The error for a ledger that cannot answer for the size that was seen.
pub(super) fn out_of_range(seen: u64) -> HeadError {
    lost(seen, "the ledger has fewer records")
}

fn lost(seen: u64, shown: &str) -> HeadError {
    let message = format!(
        "{shown}, but this client saw {seen}: records were removed, or an old copy was put in its place"
    );
    HeadError {
        breach: Breach::Shorter,
        message,
    }
}

fn forked(old: &Head, new: &Head, why: &str) -> HeadError {
    let message = format!(
        "the ledger of {} records (root {}) does not contain the {} records that this client saw (root {}): {why}",
        new.size, new.root, old.size, old.root
    );
    HeadError {
        breach: Breach::Forked,
        message,
    }
}

fn replaced(expected: Hash, shown: Hash) -> HeadError {
    let message = format!(
        "this is another ledger: its genesis is {shown}, known to this client is {expected}"
    );
    HeadError {
        breach: Breach::Replaced,
        message,
    }
}

#[cfg(test)]
mod tests;
