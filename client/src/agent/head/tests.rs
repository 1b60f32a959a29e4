use privyseal_ledger::Tree;
use proptest::prelude::*;

use super::*;

fn tree(salt: u8, size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|n| tree.push(Hash::leaf(&[&[salt][..], &n.to_be_bytes()].concat())));
    tree
}

/// A tree that shares its first `common` records with `tree(1, _)`.
fn fork(common: u64, size: u64) -> Tree {
    let mut fork = tree(1, common);
    (common..size).for_each(|n| fork.push(Hash::leaf(&[&[2][..], &n.to_be_bytes()].concat())));
    fork
}

fn head(tree: &Tree, size: u64) -> Head {
    Head {
        size,
        root: tree.root(size).unwrap(),
    }
}

fn shown(tree: &Tree, since: u64) -> ShownLedger {
    let consistency = tree.consistency(since, tree.size()).unwrap_or_default();
    ShownLedger {
        genesis: tree.leaf(0).unwrap(),
        head: tree.head(),
        consistency,
    }
}

fn known(tree: &Tree, size: u64) -> KnownLedger {
    KnownLedger {
        genesis: tree.leaf(0).unwrap(),
        head: head(tree, size),
    }
}

#[test]
fn a_first_meeting_is_remembered_unless_the_pin_differs() {
    let ledger = tree(1, 7);
    let first = judge(None, None, &shown(&ledger, 0)).unwrap();
    assert_eq!(first, known(&ledger, 7));
    assert!(judge(ledger.leaf(0), None, &shown(&ledger, 0)).is_ok());
    let error = judge(tree(3, 1).leaf(0), None, &shown(&ledger, 0)).unwrap_err();
    assert_eq!(error.breach, Breach::Replaced);
}

#[test]
fn another_ledger_is_refused_whatever_its_size() {
    let error = judge(None, Some(known(&tree(1, 5), 5)), &shown(&tree(4, 9), 5)).unwrap_err();
    assert_eq!(error.breach, Breach::Replaced);
    assert!(error.to_string().starts_with("LEDGER_REPLACED"), "{error}");
    // A pin that agrees with the new ledger does not make the remembered one go away.
    let error = judge(
        tree(4, 1).leaf(0),
        Some(known(&tree(1, 5), 5)),
        &shown(&tree(4, 9), 5),
    );
    assert_eq!(error.unwrap_err().breach, Breach::Replaced);
}

proptest! {
    #[test]
    fn growth_is_accepted(old in 1u64..60, more in 0u64..60) {
        let ledger = tree(1, old + more);
        let next = judge(None, Some(known(&ledger, old)), &shown(&ledger, old)).unwrap();
        prop_assert_eq!(next, known(&ledger, old + more));
    }

    #[test]
    fn a_shorter_ledger_is_refused(size in 1u64..60, lost in 1u64..60) {
        let ledger = tree(1, size + lost);
        let cut = tree(1, size);
        let error = judge(None, Some(known(&ledger, size + lost)), &shown(&cut, size)).unwrap_err();
        prop_assert_eq!(error.breach, Breach::Shorter);
    }

    #[test]
    fn a_fork_is_refused(common in 1u64..30, seen in 1u64..30, more in 0u64..30) {
        let seen = common + seen;
        let error =
            judge(None, Some(known(&tree(1, seen), seen)), &shown(&fork(common, seen + more), seen))
                .unwrap_err();
        prop_assert_eq!(error.breach, Breach::Forked);
    }

    #[test]
    fn a_prefix_is_proved_by_its_last_leaf(old in 1u64..70, more in 0u64..70) {
        let size = old + more;
        let ledger = tree(1, size);
        let path = ledger.inclusion(old - 1, size).unwrap();
        let leaf = ledger.leaf(old - 1).unwrap();
        prop_assert_eq!(verify_prefix(&head(&ledger, old), &ledger.head(), &leaf, &path), Ok(()));
    }

    #[test]
    fn a_head_of_a_fork_is_no_prefix(common in 1u64..30, old in 1u64..30, more in 0u64..30) {
        let old = common + old;
        let (ours, theirs) = (tree(1, old), fork(common, old + more));
        // Whichever leaf the agent shows: the one of the fork or the one that was seen.
        for leaf in [ours.leaf(old - 1).unwrap(), theirs.leaf(old - 1).unwrap()] {
            let path = theirs.inclusion(old - 1, old + more).unwrap();
            let result = verify_prefix(&head(&ours, old), &theirs.head(), &leaf, &path);
            prop_assert_eq!(result.unwrap_err().breach, Breach::Forked);
        }
    }
}
