use privyseal_tuf::{Role, RoleType};

use super::*;
use crate::repo::renewed;
use crate::repo::testing::{Bench, NOW};

const DAY: i64 = 86_400;

fn at(bench: &Bench, now: i64) -> Status {
    let work = Work::load(&bench.project, now).unwrap();
    Status::of(&bench.project, &work, now).unwrap()
}

/// Version 1 of everything, valid for 10 days, published.
fn published() -> Bench {
    let bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    bench
}

#[test]
fn what_to_do_next_is_told_from_the_first_draft_to_the_last_day() {
    let bench = Bench::new();
    assert!(at(&bench, NOW).next.starts_with("privyseal repo sign;"));
    bench.sign(&[1]);
    assert!(at(&bench, NOW).next.starts_with("privyseal repo sign;"));
    bench.sign(&[2, 3, 4]);
    bench.sign(&[4]);
    assert_eq!(
        at(&bench, NOW).next,
        "privyseal repo publish: everything is signed"
    );
    bench.publish().unwrap();
    let status = at(&bench, NOW);
    assert_eq!(
        status.next,
        "nothing before 2026-11-28T16:00:00Z (in 7 days), when root is due to be renewed"
    );
    assert_eq!(status.warnings, Vec::<String>::new());
    let due = at(&bench, NOW + 7 * DAY);
    assert_eq!(
        due.next,
        "privyseal repo renew root targets snapshot timestamp, then privyseal repo sign"
    );
    let standing: Vec<_> = due.roles.iter().map(|role| role.standing).collect();
    assert_eq!(standing, [Some(Standing::Due); 4]);
    assert_eq!(due.warnings, Vec::<String>::new());
    let expired = at(&bench, NOW + 11 * DAY);
    let [clock, root, ..] = &expired.warnings[..] else {
        panic!("{expired:?}");
    };
    assert_eq!(expired.warnings.len(), 5, "{:?}", expired.warnings);
    assert!(
        clock.contains("everything that is published has expired"),
        "{clock}"
    );
    assert!(
        root.starts_with("root 1 EXPIRED 2026-12-02T00:00:00Z (24 hours ago)"),
        "{root}"
    );
}

#[test]
fn only_what_is_published_expires() {
    let bench = Bench::new();
    assert!(!at(&bench, NOW).expires_within(100 * DAY));
    let bench = published();
    let status = at(&bench, NOW);
    assert!(!status.expires_within(10 * DAY - 1));
    assert!(status.expires_within(10 * DAY));
    assert!(at(&bench, NOW + 20 * DAY).expires_within(3600));
}

#[test]
fn a_draft_that_lives_too_short_is_warned_of() {
    let mut bench = published();
    bench.draft_root();
    bench.sign(&[1]);
    let warnings = |days: i64| at(&bench, NOW + days * DAY).warnings.join("\n");
    assert_eq!(warnings(1), "");
    let late = warnings(7);
    assert!(
        late.contains("the draft of root 2 expires in 3 days, soon after"),
        "{late}"
    );
    assert!(
        late.contains("privyseal repo renew root --correct"),
        "{late}"
    );
    assert!(warnings(10).contains("the draft of root 2 has expired before it was published"));
}

#[test]
fn a_draft_that_expires_before_what_it_replaces_is_warned_of() {
    let bench = published();
    // A clock that is five days slow.
    let slow = Work::load(&bench.project, NOW - 5 * DAY).unwrap();
    let role = Role::from(RoleType::Timestamp);
    let draft = renewed(&bench.project, &slow, &role).unwrap();
    bench.project.drafts().write(&role, &draft).unwrap();
    let warnings = at(&bench, NOW - 5 * DAY).warnings.join("\n");
    assert!(
        warnings.contains(
            "the draft of timestamp 2 expires in 10 days, before the published version does"
        ),
        "{warnings}"
    );
}

#[test]
fn a_draft_that_waits_while_the_end_comes_near_is_warned_of() {
    let mut bench = published();
    let seven = NOW + 7 * DAY;
    let work = Work::load(&bench.project, seven).unwrap();
    let root = renewed(&bench.project, &work, &RoleType::Root.into()).unwrap();
    bench
        .project
        .drafts()
        .write(&RoleType::Root.into(), &root)
        .unwrap();
    bench.reload();
    let warnings = at(&bench, seven).warnings;
    assert_eq!(
        warnings,
        ["root expires in 3 days, and the draft of root 2 still misses signatures"]
    );
}

#[test]
fn bins_are_one_line_with_the_first_of_them_to_expire() {
    let mut bench = published();
    bench.bins(4, &[6], false);
    let drafted = at(&bench, NOW);
    assert_eq!(drafted.bins.len(), 1);
    assert_eq!(
        (drafted.bins[0].drafts, drafted.bins[0].unfinished),
        (16, 16)
    );
    bench.sign(&[3, 4, 6]);
    bench.sign(&[3, 4, 6]);
    let signed = &at(&bench, NOW).bins[0];
    assert_eq!((signed.drafts, signed.unfinished), (16, 0));
    bench.publish().unwrap();
    // One of them is renewed later than the others.
    let later = Work::load(&bench.project, NOW + 2 * DAY).unwrap();
    let bin = "bins-7".parse().unwrap();
    let renewed = renewed(&bench.project, &later, &bin).unwrap();
    bench.project.drafts().write(&bin, &renewed).unwrap();
    bench.sign(&[6]);
    bench.sign(&[4, 6]);
    bench.publish().unwrap();
    let status = at(&bench, NOW);
    let bins = &status.bins[0];
    assert_eq!(
        (bins.bins.as_str(), bins.by.as_str()),
        ("bins-*", "targets")
    );
    assert_eq!((bins.count, bins.published, bins.drafts), (16, 16, 0));
    let first = bins.first_to_expire.as_ref().unwrap();
    assert_eq!(first.expires, "2026-12-02T00:00:00Z");
    assert!(status.roles.iter().all(|role| !role.is_bin));
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(
        json["bins"][0]["first_to_expire"]["due"],
        "2026-11-28T16:00:00Z"
    );
    assert_eq!(json["roles"][0]["standing"], "good");
}

#[test]
fn a_draft_that_nobody_delegates_to_any_more_does_not_stand_in_the_way() {
    let mut bench = published();
    bench.delegate("app", "targets", &[6], &["app/*"]);
    bench.sign(&[3, 6]);
    crate::repo::undelegate(
        &bench.project,
        &bench.work(),
        &"app".parse().unwrap(),
        &Role::TARGETS,
    )
    .unwrap();
    bench.reload();
    let status = at(&bench, NOW);
    assert!(
        status.next.starts_with("privyseal repo sign;"),
        "{}",
        status.next
    );
}
