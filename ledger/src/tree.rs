//! The Merkle tree of RFC 6962, section 2.1, kept in memory with its inner nodes.

use crate::Hash;

/// The size of a tree and the root hash over that many leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// Number of records.
    pub size: u64,
    /// Merkle tree hash of those records.
    pub root: Hash,
}

/// An append-only Merkle tree that answers for every size it ever had.
///
/// Level 0 holds the leaves' hashes, level n the roots of the complete subtrees of 2ⁿ leaves: about
/// 64 bytes a leaf in all. An append costs two hashes on average, a root or a proof O(log n).
#[derive(Debug, Clone, Default)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends a leaf by its hash, see [`Hash::leaf`].
    pub fn push(&mut self, leaf: Hash) {
        let mut carry = Some(leaf);
        let mut depth = 0;
        while let Some(hash) = carry {
            if self.levels.len() == depth {
                self.levels.push(Vec::new());
            }
            carry = self
                .levels
                .get_mut(depth)
                .and_then(|level| append(level, hash));
            depth += 1;
        }
    }

    /// The present size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        let size = self.size();
        Head {
            size,
            root: self.range(0, size).unwrap_or_else(Hash::empty),
        }
    }

    /// The root over the first `size` leaves; none where the tree is smaller.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        if size == 0 {
            Some(Hash::empty())
        } else {
            self.range(0, size)
        }
    }

    /// The hash of a leaf.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.complete(0, index)
    }

    /// The audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962, 2.1.1), from
    /// the leaf upwards; none where there is no such leaf or size.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The proof that the first `new` leaves begin with the first `old` ones (RFC 6962, 2.1.2);
    /// empty where there is nothing to prove (`old` is 0 or `new`), none where there is no such
    /// size or `old` is above `new`.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old > new || new > self.size() {
            return None;
        }
        if old == 0 || old == new {
            return Some(Vec::new());
        }
        let (mut start, mut end) = (0, new);
        let mut proof = Vec::new();
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle)?);
                start = middle;
            }
        }
        // A verifier knows the old root itself: it is left out where it is a node of the new tree.
        if start != 0 {
            proof.push(self.range(start, end)?);
        }
        proof.reverse();
        Some(proof)
    }

    /// The root over the leaves from `start` to before `end`, where `start` is a multiple of every
    /// power of two that is smaller than the range.
    fn range(&self, start: u64, end: u64) -> Option<Hash> {
        let mut rest = end.checked_sub(start).filter(|length| *length > 0)?;
        let mut root = None;
        // Complete subtrees from the right edge, the smallest first.
        while rest > 0 {
            let depth = rest.trailing_zeros();
            let length = 1 << depth;
            let subtree = self.complete(depth as usize, (start + rest - length) >> depth)?;
            root = Some(match root {
                None => subtree,
                Some(right) => Hash::node(&subtree, &right),
            });
            rest -= length;
        }
        root
    }

    fn complete(&self, depth: usize, index: u64) -> Option<Hash> {
        self.levels
            .get(depth)?
            .get(usize::try_from(index).ok()?)
            .copied()
    }
}

/// Appends to a level; returns the parent where the node completes a pair.
fn append(level: &mut Vec<Hash>, hash: Hash) -> Option<Hash> {
    let left = level.last().copied();
    level.push(hash);
    left.filter(|_| level.len().is_multiple_of(2))
        .map(|left| Hash::node(&left, &hash))
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}
