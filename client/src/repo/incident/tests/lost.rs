use super::*;

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
            &["until the next root is published, 2 of the 1 key that is left of root 1 must sign"],
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
            "then root has no spare key",
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
