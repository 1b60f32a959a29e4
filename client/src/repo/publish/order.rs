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
