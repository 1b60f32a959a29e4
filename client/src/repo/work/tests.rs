use super::*;
use crate::repo::testing::{Bench, NOW};
use privyseal_tuf::RoleType;

fn versions(work: &Work) -> Vec<(RoleType, u64)> {
    let version = |(role, step): (Role, Step)| match step {
        Step::Document(document) => {
            let version = document.view(role.kind()).unwrap().version();
            (role.top().unwrap(), version)
        }
        Step::Follows { version, .. } => (role.top().unwrap(), version),
    };
    work.preview().unwrap().into_iter().map(version).collect()
}

fn published(bench: &Bench) {
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
}

#[test]
fn the_first_round_makes_every_role() {
    let bench = Bench::new();
    let all = RoleType::ALL.map(|role| (role, 1));
    assert_eq!(versions(&bench.work()), all);
    assert!(matches!(
        bench.work().preview().unwrap()[2].1,
        Step::Follows { .. }
    ));
    bench.sign(&[1, 2, 3, 4]);
    assert!(
        RoleType::ALL
            .into_iter()
            .all(|role| bench.work().is_complete(&role.into()).unwrap())
    );
    bench.publish().unwrap();
    assert_eq!(versions(&bench.work()), []);
}

#[test]
fn a_changed_target_changes_all_but_root() {
    let bench = Bench::new();
    published(&bench);
    bench.add("a", "1");
    let expected = [
        (RoleType::Targets, 2),
        (RoleType::Snapshot, 2),
        (RoleType::Timestamp, 2),
    ];
    assert_eq!(versions(&bench.work()), expected);
}

#[test]
fn a_signed_draft_keeps_its_version_to_itself() {
    let bench = Bench::new();
    published(&bench);
    bench.add("a", "1");
    bench.add("a", "2");
    assert_eq!(
        bench
            .work()
            .draft(&RoleType::Targets.into())
            .unwrap()
            .targets()
            .unwrap()
            .header
            .version,
        2
    );
    bench.sign(&[1, 2, 3, 4]);
    bench.add("a", "3");
    let expected = [
        (RoleType::Targets, 3),
        (RoleType::Snapshot, 3),
        (RoleType::Timestamp, 3),
    ];
    assert_eq!(versions(&bench.work()), expected);
    published(&bench);
    assert_eq!(
        bench
            .work()
            .published()
            .version(&RoleType::Timestamp.into()),
        Some(3)
    );
}

#[test]
fn a_root_draft_keeps_its_version_however_often_it_is_made() {
    let mut bench = Bench::new();
    published(&bench);
    bench.draft_root();
    bench.draft_root();
    assert_eq!(versions(&bench.work()), [(RoleType::Root, 2)]);
    bench.sign(&[1]);
    assert_eq!(bench.work().next_version(&RoleType::Root.into()), 2);
}

#[test]
fn new_keys_ask_for_new_versions_of_their_roles() {
    let mut bench = Bench::new();
    published(&bench);
    let new = bench.key(5, "online-2");
    bench.set_role(RoleType::Timestamp, |role| role.keys = vec![new.clone()]);
    bench.draft_root();
    assert_eq!(
        versions(&bench.work()),
        [(RoleType::Root, 2), (RoleType::Timestamp, 2)]
    );
    bench.sign(&[1, 2, 5]);
    bench.publish().unwrap();
    let new = bench.key(5, "targets-2");
    bench.set_role(RoleType::Targets, |role| role.keys = vec![new.clone()]);
    bench.draft_root();
    let expected = [
        (RoleType::Root, 3),
        (RoleType::Targets, 2),
        (RoleType::Snapshot, 2),
        (RoleType::Timestamp, 3),
    ];
    assert_eq!(versions(&bench.work()), expected);
}

#[test]
fn a_new_root_needs_the_old_keys_and_the_new() {
    let mut bench = Bench::new();
    published(&bench);
    let new = bench.key(5, "root-3");
    bench.set_role(RoleType::Root, |role| role.keys[0] = new.clone());
    bench.draft_root();
    for (with, complete) in [(&[1, 2][..], false), (&[2, 5], false), (&[1, 2, 5], true)] {
        bench.draft_root();
        bench.sign(with);
        assert_eq!(
            bench.work().is_complete(&RoleType::Root.into()).unwrap(),
            complete,
            "{with:?}"
        );
    }
}

#[test]
fn expiry_is_counted_from_now() {
    let bench = Bench::new();
    assert_eq!(
        bench
            .work()
            .expires(&RoleType::Root.into())
            .unwrap()
            .seconds(),
        NOW + 864_000
    );
}

#[test]
fn a_snapshot_that_was_renewed_meanwhile_is_made_anew() {
    let bench = Bench::new();
    published(&bench);
    bench.add("a", "1");
    bench.sign(&[3]);
    bench.sign(&[4]);
    // Somebody renews and publishes what clients see, without these drafts.
    let mut renewals = bench.work().as_published();
    let project = bench.project.renewals();
    for role in [RoleType::Snapshot, RoleType::Timestamp].map(Role::from) {
        let document = crate::repo::renewed(&project, &renewals, &role).unwrap();
        project.drafts().write(&role, &document).unwrap();
        renewals.set_draft(role, document);
    }
    let between = Bench { project, ..bench };
    between.sign(&[4]);
    between.publish().unwrap();
    let bench = Bench {
        project: Project::open(between.path()).unwrap(),
        ..between
    };
    let published = bench.work();
    assert_eq!(
        published.published().version(&RoleType::Targets.into()),
        Some(1)
    );
    assert_eq!(
        published.published().version(&RoleType::Snapshot.into()),
        Some(2)
    );
    let expected = [
        (RoleType::Targets, 2),
        (RoleType::Snapshot, 3),
        (RoleType::Timestamp, 3),
    ];
    assert_eq!(versions(&bench.work()), expected);
    bench.sign(&[4]);
    bench.publish().unwrap();
    assert_eq!(
        bench.work().published().version(&RoleType::Targets.into()),
        Some(2)
    );
}
