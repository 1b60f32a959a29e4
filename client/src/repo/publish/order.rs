use privyseal_tuf::{Document, Requirement, RoleType, Root};

use crate::destination::Order;

/// Timestamp, snapshot and targets that are shown together.
pub(super) type Chain<'a> = [&'a Document; 3];

const ROLES: [RoleType; 3] = [RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];

/// Which must become visible first, the new roots or the new timestamp: a reader who comes between
/// the two must find something valid, and so must all readers where the publication is killed there.
pub(super) fn order(
    shown: Chain<'_>,
    under: Option<&Root>,
    new: Chain<'_>,
    roots: &[Root],
) -> Order {
    let every_new_root = |chain| roots.iter().all(|root| is_signed(chain, root));
    if every_new_root(shown) {
        Order::RootsFirst
    } else if under.is_some_and(|root| is_signed(new, root)) && every_new_root(new) {
        Order::TimestampFirst
    } else {
        Order::AtOnce
    }
}

fn is_signed(chain: Chain<'_>, root: &Root) -> bool {
    ROLES
        .into_iter()
        .zip(chain)
        .all(|(role, document)| Requirement::of(root, role).tally(document).is_met())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::testing::Bench;
    use crate::repo::{RoleSettings, Work};

    /// What a bench publishes after its root was changed so, signed with these keys.
    fn order_of(change: impl Fn(&mut RoleSettings, &Bench), keys: &[u8]) -> (Order, usize) {
        let mut bench = Bench::new();
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        let before = bench.work();
        let other = Bench::new();
        for role in [RoleType::Snapshot, RoleType::Timestamp] {
            bench.set_role(role, |settings| change(settings, &other));
        }
        bench.draft_root();
        bench.sign(keys);
        let after = bench.work();
        let documents =
            |work: &Work| ROLES.map(|role| work.settled(&role.into()).unwrap().unwrap());
        let (old, new) = (documents(&before), documents(&after));
        let under = before.root().unwrap();
        let root = after.draft(&RoleType::Root.into()).unwrap().root().unwrap();
        let order = order(
            [&old[0], &old[1], &old[2]],
            Some(&under),
            [&new[0], &new[1], &new[2]],
            &[root],
        );
        (order, new[0].signatures().len())
    }

    #[test]
    fn a_key_more_lets_the_old_timestamp_stand() {
        let add = |settings: &mut RoleSettings, other: &Bench| {
            settings.keys.push(other.key(5, "new"));
        };
        assert_eq!(order_of(add, &[1, 2, 3, 4]).0, Order::RootsFirst);
    }

    #[test]
    fn another_key_needs_both_at_once_unless_the_old_one_signs_too() {
        let replace = |settings: &mut RoleSettings, other: &Bench| {
            settings.keys = vec![other.key(5, "new")];
        };
        assert_eq!(order_of(replace, &[1, 2, 3, 5]).0, Order::AtOnce);
    }

    #[test]
    fn two_keys_that_must_sign_are_both_known_to_the_old_root_or_not() {
        let both = |settings: &mut RoleSettings, other: &Bench| {
            settings.keys.push(other.key(5, "new"));
            settings.threshold = 2;
        };
        // The new timestamp has the old key's signature, the old one lacks the new key's.
        assert_eq!(order_of(both, &[1, 2, 3, 4, 5]), (Order::TimestampFirst, 2));
    }
}
