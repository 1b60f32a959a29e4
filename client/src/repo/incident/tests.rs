use std::collections::BTreeMap;
use std::fs;

use privyseal_tuf::RoleType;

use super::*;
use crate::repo::testing::{Bench, Signer, known};

/// What happened to keys, with a new key in their place.
fn plan(bench: &Bench, kind: IncidentKind, gone: &[GoneKey], instead: Option<u8>) -> Plan {
    let instead: Vec<KeySettings> = instead
        .map(|seed| bench.key(seed, "new"))
        .into_iter()
        .collect();
    let incident = Incident {
        kind,
        gone,
        instead: &instead,
        known: &known(&[5, 6, 7, 8, 9]),
    };
    incident.plan(&bench.project, &bench.work()).unwrap()
}

fn of_key(bench: &Bench, kind: IncidentKind, named: &str, instead: Option<u8>) -> Plan {
    let gone = [key_named(&bench.project, &bench.work(), named).unwrap()];
    plan(bench, kind, &gone, instead)
}

/// Writes a plan, and goes on with the settings that this wrote. Returns what has a draft now.
fn write(bench: &mut Bench, plan: Plan) -> Vec<String> {
    let roles = plan.write(&bench.project, &bench.work(), false).unwrap();
    bench.reload();
    roles.iter().map(Role::to_string).collect()
}

/// The text of the section with this title.
fn section(plan: &Plan, title: &str) -> String {
    let mut sections = plan.consequences.sections.iter();
    let found = sections.find(|section| section.title == title);
    found
        .unwrap_or_else(|| panic!("no {title}: {plan:#?}"))
        .lines
        .join("\n")
}

fn says(plan: &Plan, title: &str, expected: &[&str]) {
    let text = section(plan, title);
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

/// Every file of a project.
fn files(bench: &Bench) -> BTreeMap<String, Vec<u8>> {
    let mut open = vec![bench.path().to_owned()];
    let mut files = BTreeMap::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.display().to_string(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Version 1 of everything, published.
fn published() -> Bench {
    let bench = Bench::new();
    bench.add("a.txt", "a");
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    bench
}

/// As [`published`], with a third root key, 5.
fn with_spare_root_key() -> Bench {
    let mut bench = published();
    let third = bench.key(5, "root-3");
    bench.set_role(RoleType::Root, |role| role.keys.push(third.clone()));
    bench.draft_root();
    bench.sign(&[1, 2, 5]);
    bench.publish().unwrap();
    bench
}

fn published_version(bench: &Bench, role: &str) -> u64 {
    bench
        .work()
        .published()
        .version(&role.parse().unwrap())
        .unwrap()
}

#[test]
fn a_lost_online_key_is_replaced_in_every_role_at_once() {
    let mut bench = published();
    let plan = of_key(&bench, IncidentKind::Lost, "online", Some(6));
    says(&plan, "keys", &["a:online, keyid "]);
    says(
        &plan,
        "roles",
        &[
            "snapshot: 1 of 1: a:online -> 1 of 1: a:new",
            "timestamp: 1 of 1: a:online -> 1 of 1: a:new",
        ],
    );
    says(
        &plan,
        "what it means",
        &[
            "no hurry",
            "timestamp can't be signed before the next root gives it other keys (0 left, 1 must sign)",
        ],
    );
    says(
        &plan,
        "to be signed",
        &[
            "root 2: 2 of a:root-1, a:root-2, as root 1 asks",
            "root 2: 2 of a:root-1, a:root-2, as itself asks",
            "snapshot 2, since its signatures no longer suffice: 1 of a:new",
            "timestamp 2, since its signatures no longer suffice: 1 of a:new",
        ],
    );
    says(
        &plan,
        "at the agents",
        &["take online out of `keys`", "timestamp can't be renewed"],
    );
    assert_eq!(write(&mut bench, plan), ["root"]);
    assert!(
        !bench.settings_text().contains("name = \"online\""),
        "{}",
        bench.settings_text()
    );
    bench.sign(&[1, 2, 6]);
    bench.publish().unwrap();
    assert_eq!(published_version(&bench, "timestamp"), 2);
    let gone = key_named(&bench.project, &bench.work(), "online").unwrap_err();
    assert!(
        gone.to_string().contains("no role has a key online"),
        "{gone}"
    );
}

#[test]
fn a_root_that_needs_the_lost_key_can_not_be_rotated_and_nothing_is_changed() {
    let bench = published();
    let before = files(&bench);
    for kind in [IncidentKind::Lost, IncidentKind::Left] {
        let plan = of_key(&bench, kind, "root-2", Some(6));
        says(
            &plan,
            "what it means",
            &["until the next root is published, 1 keys of root 1 are left, and 2 must sign"],
        );
        let refusal = plan.refusal().unwrap();
        assert!(refusal.wants_person());
        assert!(
            refusal
                .message
                .contains("no next root can be made, and nothing was changed")
        );
        assert!(
            refusal.remedy.contains("first root by other means"),
            "{}",
            refusal.remedy
        );
        let error = plan
            .write(&bench.project, &bench.work(), false)
            .unwrap_err();
        assert!(error.downcast_ref::<Advice>().unwrap().wants_person());
    }
    assert_eq!(files(&bench), before);
}

#[test]
fn a_lost_spare_root_key_leaves_none_to_lose() {
    let mut bench = with_spare_root_key();
    let plan = of_key(&bench, IncidentKind::Lost, "a:root-3", None);
    says(
        &plan,
        "what it means",
        &[
            "one more lost key and root can never be signed again",
            "then it has no spare key",
        ],
    );
    says(
        &plan,
        "to be signed",
        &["root 3: 2 of a:root-1, a:root-2, as root 2 asks"],
    );
    assert_eq!(write(&mut bench, plan), ["root"]);
    // Nothing else changes: root alone gets a new version.
    bench.sign(&[1, 2]);
    bench.publish().unwrap();
    let versions = RoleType::ALL.map(|role| published_version(&bench, role.as_str()));
    assert_eq!(versions, [3, 1, 1, 1]);
}

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

#[test]
fn all_keys_of_a_signer_who_left_go_at_once() {
    let mut bench = with_spare_root_key();
    for role in [RoleType::Root, RoleType::Targets] {
        bench.set_role(role, |role| {
            role.keys.last_mut().unwrap().owner = Some("alice".to_owned())
        });
    }
    let gone = keys_of(&bench.project, &bench.work(), "alice").unwrap();
    assert_eq!(gone.len(), 2);
    let ambiguous = key_named(&bench.project, &bench.work(), "alice").unwrap_err();
    assert!(
        ambiguous.to_string().contains("names several keys"),
        "{ambiguous}"
    );
    // Targets would have no key at all.
    let short = plan(&bench, IncidentKind::Left, &gone, None);
    let refusal = short.refusal().unwrap();
    assert!(!refusal.wants_person() && refusal.remedy.contains("--replace-with"));
    assert!(
        refusal
            .message
            .contains("targets would be left with 0 keys"),
        "{refusal}"
    );

    let plan = plan(&bench, IncidentKind::Left, &gone, Some(6));
    says(
        &plan,
        "roles",
        &[
            "root: 2 of 3: a:root-1, a:root-2, alice -> 2 of 3: a:root-1, a:root-2, a:new",
            "targets: 1 of 1: alice -> 1 of 1: a:new",
        ],
    );
    write(&mut bench, plan);
    bench.sign(&[1, 2, 4, 6]);
    bench.publish().unwrap();
    assert_eq!(published_version(&bench, "targets"), 2);
    assert!(keys_of(&bench.project, &bench.work(), "alice").is_err());
}

#[test]
fn a_delegated_roles_key_is_replaced_by_its_delegator() {
    let mut bench = published();
    bench.delegate("app", "targets", &[6], &["app/*"]);
    bench.delegate("beta", "app", &[6, 7], &["app/beta-*"]);
    bench.add_to(&"app".parse().unwrap(), "app/x", "x");
    bench.sign(&[3, 6]);
    bench.sign(&[3, 4, 6]);
    bench.publish().unwrap();

    let plan = of_key(&bench, IncidentKind::Stolen, "key-6", Some(8));
    says(
        &plan,
        "roles",
        &[
            "app: 1 of 1: a:key-6 -> 1 of 1: a:new",
            "beta: 1 of 2: a:key-6, a:key-7 -> 1 of 2: a:new",
        ],
    );
    says(
        &plan,
        "what a thief can do",
        &["app: a thief can, alone, sign any target file under app/*, which clients see only with"],
    );
    says(
        &plan,
        "to be signed",
        &[
            "targets 3, which gives out the other keys: 1 of a:targets",
            "app 2, which gives out",
        ],
    );
    says(
        &plan,
        "compare with a copy that you know is good",
        &["app 1 is published", "app/x"],
    );
    assert_eq!(write(&mut bench, plan), ["targets", "app"]);
    let text = bench.settings_text();
    assert!(
        !text.contains("key-6") && text.contains("name = \"new\""),
        "{text}"
    );

    // Only targets is signed: what it delegates otherwise is not published before app is, too.
    bench.sign(&[3, 4]);
    assert!(bench.publish().is_err());
    bench.sign(&[8]);
    bench.sign(&[4, 7]);
    bench.sign(&[4]);
    bench.publish().unwrap();
    let versions = ["targets", "app", "beta"].map(|role| published_version(&bench, role));
    assert_eq!(versions, [3, 2, 2]);
}

#[test]
fn the_keys_of_hashed_bins_go_together() {
    for listed in [true, false] {
        let mut bench = published();
        bench.bins(3, &[6], listed);
        bench.sign(&[3, 4, 6]);
        bench.sign(&[3, 4, 6]);
        bench.publish().unwrap();
        let plan = of_key(&bench, IncidentKind::Stolen, "key-6", Some(7));
        says(
            &plan,
            "roles",
            &["bins-*: 1 of 1: a:key-6 -> 1 of 1: a:new"],
        );
        says(
            &plan,
            "what a thief can do",
            &["sign any target file in any of 8 bins"],
        );
        says(
            &plan,
            "compare with a copy that you know is good",
            &["8 bins of bins-*", "a.txt"],
        );
        says(&plan, "to be signed", &["8 bins of bins-*"]);
        assert_eq!(write(&mut bench, plan), ["targets"]);
        bench.sign(&[3, 4, 7]);
        bench.sign(&[3, 4, 7]);
        bench.publish().unwrap();
        assert_eq!(published_version(&bench, "bins-7"), 2);
    }
}

#[test]
fn keys_that_nobody_has_or_that_stay_are_refused() {
    let bench = published();
    let work = bench.work();
    for named in ["nobody", "", "0123456"] {
        assert!(key_named(&bench.project, &work, named).is_err(), "{named}");
    }
    let gone = [key_named(&bench.project, &work, "online").unwrap()];
    let itself = [bench.key(4, "online")];
    let incident = Incident {
        kind: IncidentKind::Lost,
        gone: &gone,
        instead: &itself,
        known: &BTreeMap::new(),
    };
    let error = incident.plan(&bench.project, &work).unwrap_err();
    assert!(
        error.to_string().contains("can't take its own place"),
        "{error}"
    );
}

#[test]
fn a_signed_root_draft_is_corrected_only_where_that_is_asked_for() {
    let mut bench = with_spare_root_key();
    bench.draft_root();
    bench.sign(&[1]);
    let before = files(&bench);
    let refused = of_key(&bench, IncidentKind::Lost, "root-3", None);
    let error = refused
        .write(&bench.project, &bench.work(), false)
        .unwrap_err();
    assert!(
        error.to_string().contains("carries 1 signatures"),
        "{error}"
    );
    assert_eq!(files(&bench), before);
    let plan = of_key(&bench, IncidentKind::Lost, "root-3", None);
    plan.write(&bench.project, &bench.work(), true).unwrap();
    let correction = bench.project.drafts().read_correction().unwrap().unwrap();
    assert_eq!(
        correction
            .root()
            .unwrap()
            .roles
            .get(RoleType::Root)
            .keyids
            .len(),
        2
    );
}
