//! The tree and its proofs: RFC 6962's well-known leaves, every size up to 64, and another
//! implementation (ct-merkle) as judge.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use privyseal_ledger::{Hash, Head, ProofError, Tree, verify_consistency, verify_inclusion};
use proptest::prelude::*;
use sha2::Sha256;

const SIZES: u64 = 64;

/// The leaves and roots that Certificate Transparency's implementations share.
const WELL_KNOWN: [(&str, &str); 8] = [
    (
        "",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    ),
    (
        "00",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    ),
    (
        "10",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ),
    (
        "2021",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (
        "3031",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    ),
    (
        "40414243",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    ),
    (
        "5051525354555657",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    ),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

fn leaf(index: u64) -> Vec<u8> {
    vec![u8::try_from(index).unwrap(); usize::try_from(index % 7 + 1).unwrap()]
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|index| tree.push(Hash::leaf(&leaf(index))));
    tree
}

fn judges_tree(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(leaf(index)));
    tree
}

fn head(tree: &Tree, size: u64) -> Head {
    Head {
        size,
        root: tree.root(size).unwrap(),
    }
}

#[test]
fn well_known_roots() {
    let mut tree = Tree::new();
    assert_eq!(
        tree.head(),
        Head {
            size: 0,
            root: Hash::empty()
        }
    );
    for (leaf, root) in WELL_KNOWN {
        tree.push(Hash::leaf(&hex::decode(leaf).unwrap()));
        assert_eq!(tree.head().root.to_string(), root);
    }
    for (size, (_, root)) in (1..).zip(WELL_KNOWN) {
        assert_eq!(tree.root(size).unwrap().to_string(), root);
    }
    assert_eq!(tree.root(9), None);
}

#[test]
fn every_inclusion_proof_is_the_judges() {
    let tree = tree(SIZES);
    for size in 1..=SIZES {
        let judge = judges_tree(size);
        assert_eq!(
            tree.root(size).unwrap().as_ref(),
            judge.root().as_bytes().as_slice()
        );
        for index in 0..size {
            let path = tree.inclusion(index, size).unwrap();
            let proof = judge.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(concat(&path), proof.as_bytes());
            let hash = tree.leaf(index).unwrap();
            assert_eq!(
                verify_inclusion(&hash, index, &head(&tree, size), &path),
                Ok(())
            );
        }
        assert_eq!(tree.inclusion(size, size), None);
    }
    assert_eq!(tree.inclusion(0, SIZES + 1), None);
}

#[test]
fn every_consistency_proof_is_the_judges() {
    let tree = tree(SIZES);
    for new in 1..=SIZES {
        let judge = judges_tree(new);
        for old in 1..=new {
            let proof = tree.consistency(old, new).unwrap();
            let judges = judge.prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(concat(&proof), judges.as_bytes(), "{old} in {new}");
            let (old, new) = (head(&tree, old), head(&tree, new));
            assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
        }
    }
    assert_eq!(tree.consistency(0, 5), Some(Vec::new()));
    assert_eq!(tree.consistency(3, 2), None);
    assert_eq!(tree.consistency(3, SIZES + 1), None);
    let empty = Head {
        size: 0,
        root: Hash::empty(),
    };
    assert_eq!(verify_consistency(&empty, &tree.head(), &[]), Ok(()));
}

#[test]
fn a_shorter_ledger_is_named_as_such() {
    let tree = tree(9);
    assert_eq!(
        verify_consistency(&head(&tree, 9), &head(&tree, 8), &[]),
        Err(ProofError::Shorter { old: 9, new: 8 })
    );
}

#[test]
fn a_proof_has_one_length() {
    let tree = tree(13);
    let (old, new) = (head(&tree, 6), tree.head());
    let (path, proof) = (
        tree.inclusion(5, 13).unwrap(),
        tree.consistency(6, 13).unwrap(),
    );
    let leaf = tree.leaf(5).unwrap();
    let longer = |hashes: &[Hash]| [hashes, &[Hash::empty()]].concat();
    let shorter = |hashes: &[Hash]| hashes[..hashes.len() - 1].to_vec();
    for wrong in [longer(&path), shorter(&path)] {
        assert_eq!(
            verify_inclusion(&leaf, 5, &new, &wrong),
            Err(ProofError::Length)
        );
    }
    for wrong in [longer(&proof), shorter(&proof), Vec::new()] {
        assert_eq!(
            verify_consistency(&old, &new, &wrong),
            Err(ProofError::Length)
        );
    }
}

/// A way to spoil a proof.
#[derive(Debug, Clone)]
enum Spoil {
    Flip { bit: usize },
    Drop,
    Lengthen,
    Swap,
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        any::<usize>().prop_map(|bit| Spoil::Flip { bit }),
        Just(Spoil::Drop),
        Just(Spoil::Lengthen),
        Just(Spoil::Swap),
    ]
}

fn spoiled(proof: &[Hash], spoil: &Spoil) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    match spoil {
        Spoil::Flip { bit } if !proof.is_empty() => {
            let count = proof.len();
            proof[bit % count].0[bit / count % 32] ^= 1 << (bit / count / 32 % 8);
        }
        Spoil::Drop if !proof.is_empty() => drop(proof.pop()),
        Spoil::Swap if proof.len() > 1 => proof.swap(0, 1),
        _ => proof.push(Hash::empty()),
    }
    proof
}

proptest! {
    /// A changed proof is refused, by the judge too; so is the right proof for another place.
    #[test]
    fn spoiled_proofs_are_refused(
        (old, new) in (1..=SIZES).prop_flat_map(|new| (1..=new, Just(new))), spoil in spoil(),
    ) {
        let tree = tree(SIZES);
        let (old_head, new_head) = (head(&tree, old), head(&tree, new));
        let path = tree.inclusion(old - 1, new).unwrap();
        let hash = tree.leaf(old - 1).unwrap();
        let bad = spoiled(&path, &spoil);
        prop_assert!(verify_inclusion(&hash, old - 1, &new_head, &bad).is_err());
        prop_assert!(!judge_includes(&new_head, old - 1, bad));
        prop_assert!(verify_inclusion(&hash, new, &new_head, &path).is_err());
        prop_assert!(verify_inclusion(&hash, old, &new_head, &path).is_err());

        let proof = tree.consistency(old, new).unwrap();
        let bad = spoiled(&proof, &spoil);
        prop_assert!(verify_consistency(&old_head, &new_head, &bad).is_err());
        let other = Head { root: Hash([7; 32]), ..old_head };
        prop_assert!(verify_consistency(&other, &new_head, &proof).is_err());
        let other = Head { root: Hash([7; 32]), ..new_head };
        prop_assert!(verify_consistency(&old_head, &other, &proof).is_err());
    }

    /// A judge that shares no line with us takes our proofs.
    #[test]
    fn the_judge_verifies_our_proofs(
        (old, new) in (1..=SIZES).prop_flat_map(|new| (1..=new, Just(new))),
    ) {
        let tree = tree(SIZES);
        prop_assert!(judge_includes(&head(&tree, new), old - 1, tree.inclusion(old - 1, new).unwrap()));
        let bytes = concat(&tree.consistency(old, new).unwrap());
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(bytes).unwrap();
        let (old, new) = (judges_head(&head(&tree, old)), judges_head(&head(&tree, new)));
        prop_assert!(new.verify_consistency(&old, &proof).is_ok());
    }

    /// No input makes the verifiers panic or loop.
    #[test]
    fn verifiers_take_anything(
        index: u64, old: u64, new: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..130),
    ) {
        let path: Vec<_> = path.into_iter().map(Hash).collect();
        let (old, new) = (Head { size: old, root: Hash([1; 32]) }, Head { size: new, root: Hash([2; 32]) });
        prop_assert!(verify_inclusion(&old.root, index, &new, &path).is_err());
        prop_assert!(verify_consistency(&old, &new, &path).is_err());
    }
}

fn judge_includes(head: &Head, index: u64, path: Vec<Hash>) -> bool {
    InclusionProof::<Sha256>::try_from_bytes(concat(&path)).is_ok_and(|proof| {
        judges_head(head)
            .verify_inclusion(&leaf(index), index, &proof)
            .is_ok()
    })
}

fn judges_head(head: &Head) -> RootHash<Sha256> {
    RootHash::new(head.root.0.into(), head.size)
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
