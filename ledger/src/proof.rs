//! Verification of proofs, after RFC 9162, sections 2.1.3.2 and 2.1.4.2.
//!
//! Written from the algorithms of the RFC and independent of [`crate::Tree`], so that the two
//! check each other.

use crate::{Hash, Head};

/// Verifies that the leaf with hash `leaf` stands at `index` in the tree of `head`.
///
/// # Errors
/// See [`ProofError`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    head: &Head,
    path: &[Hash],
) -> Result<(), ProofError> {
    if index >= head.size {
        return Err(ProofError::OutOfRange {
            index,
            size: head.size,
        });
    }
    let (mut position, mut last) = (index, head.size - 1);
    let mut root = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if position & 1 == 1 || position == last {
            root = Hash::node(sibling, &root);
            climb_to_right_child(&mut position, &mut last);
        } else {
            root = Hash::node(&root, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    conclude(last, root == head.root)
}

/// Verifies that the tree of `new` begins with all the leaves of `old`, in their order.
///
/// # Errors
/// See [`ProofError`]; [`ProofError::Shorter`] and [`ProofError::Mismatch`] mean that the ledger was
/// cut or rewritten since `old` was seen.
pub fn verify_consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::Shorter {
            old: old.size,
            new: new.size,
        });
    }
    if old.size == 0 || old.size == new.size {
        let expected = if old.size == 0 {
            Hash::empty()
        } else {
            new.root
        };
        return match (proof, old.root == expected) {
            ([], true) => Ok(()),
            ([], false) => Err(ProofError::Mismatch),
            _ => Err(ProofError::Length),
        };
    }
    // Where the old tree is a subtree of the new one, its root is not repeated in the proof.
    let (seed, path) = if old.size.is_power_of_two() {
        (old.root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (*first, rest)
    };
    verify_path(old, new, seed, path)
}

fn verify_path(old: &Head, new: &Head, seed: Hash, path: &[Hash]) -> Result<(), ProofError> {
    let (mut position, mut last) = (old.size - 1, new.size - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut old_root, mut new_root) = (seed, seed);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if position & 1 == 1 || position == last {
            old_root = Hash::node(sibling, &old_root);
            new_root = Hash::node(sibling, &new_root);
            climb_to_right_child(&mut position, &mut last);
        } else {
            new_root = Hash::node(&new_root, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    conclude(last, old_root == old.root && new_root == new.root)
}

/// A node on the right edge may have no sibling on some levels: those are passed over.
fn climb_to_right_child(position: &mut u64, last: &mut u64) {
    while *position & 1 == 0 && *position != 0 {
        *position >>= 1;
        *last >>= 1;
    }
}

fn conclude(last: u64, equal: bool) -> Result<(), ProofError> {
    match (last, equal) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Mismatch),
        _ => Err(ProofError::Length),
    }
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such record.
    #[error("there is no record {index} in a ledger of {size} records")]
    OutOfRange {
        /// The record asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The newer tree is the smaller one.
    #[error(
        "the ledger got shorter: it had {old} records and now shows {new}; records were removed, \
         or an old copy was put in its place"
    )]
    Shorter {
        /// The size that was seen before.
        old: u64,
        /// The size that is shown now.
        new: u64,
    },
    /// The proof has more or fewer hashes than trees of these sizes need.
    #[error("the proof has the wrong number of hashes for trees of these sizes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root hash: the records are not the ones that were seen")]
    Mismatch,
}
