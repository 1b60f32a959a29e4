mod delegations;
mod header;
mod honest;
mod keys;
mod names;

use proptest::prelude::*;

use super::*;
use crate::diff::tests::complete::{any_document, document};
use crate::testing::{NOW, TestKey};
use crate::{Draft, Metadata, RoleType};

/// Whose keys are whose, and how late a document may usually expire.
struct Room {
    owners: Vec<(KeyId, &'static str)>,
    role: Role,
}

impl Room {
    fn of(role: impl Into<Role>) -> Self {
        Self {
            owners: Vec::new(),
            role: role.into(),
        }
    }

    fn with(mut self, key: &TestKey, owner: &'static str) -> Self {
        self.owners.push((key.keyid(), owner));
        self
    }

    fn review(&self, old: Option<&Document>, new: &Document) -> Review {
        let owner = |keyid: &KeyId| {
            let owner = self.owners.iter().find(|(own, _)| own == keyid);
            owner.map(|(_, owner)| (*owner).to_owned())
        };
        let context = DangerContext {
            role: &self.role,
            now: NOW,
            latest_expiry: crate::testing::expires().seconds(),
            owner: &owner,
        };
        Review::of(old, new, context)
    }

    fn causes(&self, old: Option<&Document>, new: &Document) -> Vec<Cause> {
        let dangers = self.review(old, new).dangers;
        dangers.into_iter().map(|danger| danger.cause).collect()
    }
}

/// The causes in the next version of a document.
fn next<M: Metadata>(room: &Room, old: Draft<M>, edit: impl FnOnce(&mut Draft<M>)) -> Vec<Cause> {
    let old = old.finish().unwrap();
    let mut draft = Draft::<M>::edit(&old).unwrap();
    draft.set_version(old.view(M::ROLE).unwrap().version() + 1);
    edit(&mut draft);
    room.causes(Some(&old), &draft.finish().unwrap())
}

#[test]
fn names_of_dangers_round_trip() {
    for kind in DangerKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!("danger".parse::<DangerKind>().is_err());
}

#[test]
fn a_danger_names_the_change_that_it_is_about() {
    let room = Room::of(RoleType::Targets);
    let mut draft = crate::testing::targets(1);
    for path in ["a", "b", "c"] {
        draft.set_target(&path.parse().unwrap(), &crate::Target::of(b"1"));
    }
    let old = draft.clone().finish().unwrap();
    draft.set_version(2);
    draft.set_target(&"b".parse().unwrap(), &crate::Target::of(b"2"));
    draft.remove_target(&"c".parse().unwrap());
    let review = room.review(Some(&old), &draft.finish().unwrap());
    let about: Vec<(String, DangerKind)> = review
        .dangers
        .iter()
        .map(|danger| {
            let change = &review.changes[danger.change.unwrap()];
            (change.path().to_string(), danger.kind())
        })
        .collect();
    let expected = [
        ("signed.targets.b", DangerKind::ReplacedTarget),
        ("signed.targets.c", DangerKind::RemovedTarget),
    ];
    assert_eq!(about, expected.map(|(path, kind)| (path.to_owned(), kind)));
}

proptest! {
    /// Documents of any kind, well-formed or not, one held against the other.
    #[test]
    fn no_document_is_too_strange(old in any_document(), new in any_document(), first in any::<bool>()) {
        let (old, new) = (document(old), document(new));
        let old = (!first).then_some(&old);
        for role in RoleType::ALL {
            let review = Room::of(role).review(old, &new);
            let places: Vec<Option<usize>> = review.dangers.iter().map(|d| d.change).collect();
            prop_assert!(places.is_sorted(), "in the order of the changes");
            prop_assert!(places.iter().flatten().all(|at| *at < review.changes.len()));
            let is_valid = new.view(role).is_ok();
            let says_so = |danger: &Danger| matches!(danger.cause, Cause::Invalid(_));
            prop_assert_eq!(is_valid, !review.dangers.iter().any(says_so));
        }
    }
}
