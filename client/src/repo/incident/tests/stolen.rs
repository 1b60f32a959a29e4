use super::*;

#[test]
fn a_stolen_key_that_the_old_root_needs_signs_once_more() {
    let mut bench = published();
    let plan = of_key(&bench, IncidentKind::Stolen, "root-2", Some(6));
    says(
        &plan,
        "what a thief can do",
        &[
            "root: nothing alone; with one more of its keys a thief can replace every key",
            "until timestamp 1 expires, 2026-12-02T00:00:00Z (in 10 days)",
        ],
    );
    says(
        &plan,
        "to be signed",
        &["the next root needs the stolen key's own signature, once"],
    );
    says(
        &plan,
        "at the agents",
        &[
            "agent lock KEYSTORE",
            "not before the next root has its signature",
        ],
    );
    assert_eq!(write(&mut bench, plan), ["root"]);
    bench.sign(&[1, 6]);
    assert!(bench.publish().is_err());
    bench.sign(&[2]);
    bench.publish().unwrap();
    assert_eq!(published_version(&bench, "root"), 2);
}

#[test]
fn a_stolen_online_key_is_told_by_what_it_can_do() {
    let mut bench = published();
    let plan = of_key(&bench, IncidentKind::Stolen, "online", Some(6));
    says(
        &plan,
        "what a thief can do",
        &[
            "snapshot: a thief can, alone, mix old and new metadata (mix-and-match)",
            "and have every client take it",
            "timestamp: a thief can, alone, hold clients at what they have (freeze)",
            "until root 1 expires, 2026-12-02T00:00:00Z",
            "clients that get the new root forget a snapshot and timestamp whose keys it changes",
        ],
    );
    assert!(!section(&plan, "what a thief can do").contains("targets:"));
    write(&mut bench, plan);
    bench.sign(&[1, 2, 6]);
    bench.publish().unwrap();
    assert_eq!(published_version(&bench, "snapshot"), 2);
}

#[test]
fn what_a_stolen_targets_key_signed_is_to_be_compared() {
    let mut bench = published();
    let plan = of_key(&bench, IncidentKind::Stolen, "targets", Some(6));
    says(
        &plan,
        "what a thief can do",
        &["targets: a thief can, alone, sign any target file, which clients see only with"],
    );
    says(
        &plan,
        "compare with a copy that you know is good",
        &["targets 1 is published with its signature, with 1 target: a.txt"],
    );
    says(
        &plan,
        "to be signed",
        &[
            "targets 2, since its signatures no longer suffice: 1 of a:new",
            "snapshot and timestamp follow",
        ],
    );
    assert_eq!(write(&mut bench, plan), ["root"]);
    bench.sign(&[1, 2, 4, 6]);
    bench.publish().unwrap();
    let versions = RoleType::ALL.map(|role| published_version(&bench, role.as_str()));
    assert_eq!(versions, [2, 2, 2, 2]);
}

#[test]
fn what_a_thief_may_have_signed_too_is_signed_anew_though_it_is_valid() {
    let mut bench = published();
    let (second, third) = (bench.key(6, "targets-2"), bench.key(7, "targets-3"));
    bench.set_role(RoleType::Targets, |role| {
        role.keys.extend([second.clone(), third.clone()]);
    });
    let held: Vec<Signer> = [6, 7].map(Signer::new).into();
    bench
        .signers
        .extend(held.into_iter().map(|signer| (signer.keyid(), signer)));
    bench.draft_root();
    bench.add("b.txt", "b");
    bench.sign(&[1, 2, 4, 6]);
    bench.publish().unwrap();
    // Key 7 signed nothing, and one of three is enough.
    let lost = of_key(&bench, IncidentKind::Lost, "targets-3", None);
    assert!(!section(&lost, "to be signed").contains("targets"));
    let stolen = of_key(&bench, IncidentKind::Stolen, "targets-3", None);
    says(
        &stolen,
        "to be signed",
        &["targets 3, so that nothing stays that a thief may have signed"],
    );
    assert_eq!(write(&mut bench, stolen), ["root", "targets"]);
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    assert_eq!(published_version(&bench, "targets"), 3);
}
