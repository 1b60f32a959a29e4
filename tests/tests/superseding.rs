//! A draft that is given up for another: what then goes on, and what never comes back.

use std::slice;

use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{EnrollRepositoryRequest, LineageRef, SupersedeReply, SupersedeRequest};
use privyseal_tests::metadata::{self, RoleOf, digest, edited, in_days, with_signatures};
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::software_key::SoftwareKey;
use privyseal_tests::stage::Stage;
use tonic::Code;

/// The same document that expires in so many days: other content under the same version.
fn dated(document: &[u8], days: i64) -> Vec<u8> {
    edited(document, |signed| {
        signed["expires"] = in_days(days).as_str().into();
    })
}

fn assert_refused<T: std::fmt::Debug>(answer: Answer<T>, reason: &str) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.codes(), (Code::FailedPrecondition, reason));
}

fn supersede(
    rpc: &Rpc,
    lineage: &LineageRef,
    role: &str,
    version: u64,
    [old, new]: [&[u8]; 2],
) -> Answer<SupersedeReply> {
    rpc.supersede(SupersedeRequest {
        lineage: Some(lineage.clone()),
        role: role.to_owned(),
        version,
        old_digest: digest(old).to_string(),
        new_digest: digest(new).to_string(),
        reason: "a wrong date".to_owned(),
        server_refused: false,
    })
}

/// The lineage of the repository that begins with this root.
fn lineage(repository: &Repository, first_root: &[u8]) -> LineageRef {
    LineageRef {
        first_root: digest(first_root).to_string(),
        ..repository.lineage.clone()
    }
}

/// A key of the agent and two of the test's own, of which two must sign.
fn shared(rpc: &Rpc, name: &str, elsewhere: &[SoftwareKey; 2]) -> RoleOf {
    let here = rpc.generate(name, "ecdsa-p256", "example.org/app").unwrap();
    let [b, c] = elsewhere;
    RoleOf::new(2, &[here, b.key.clone(), c.key.clone()])
}

#[test]
fn a_first_root_is_not_superseded_onto_a_lineage_that_exists_or_did() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::generate(&rpc, "app");
    let one = metadata::root(1, &app.roles);
    let two = dated(&one, 20);
    for (key, root) in [("app-root-1", &one), ("app-root-2", &two)] {
        rpc.sign(app.request("root", key, root)).unwrap();
    }
    let lineages = [lineage(&app, &one), lineage(&app, &two)];
    let known = |rpc: &Rpc| lineages.each_ref().map(|l| rpc.lineage(l).unwrap());
    let before = known(&rpc);
    let onto = supersede(&rpc, &lineages[0], "root", 1, [&one, &two]);
    assert_refused(onto, "NOT_SUPERSEDABLE");
    assert_eq!(known(&rpc), before);

    stage.agent.restart();
    let rpc = stage.rpc();
    assert_eq!(known(&rpc), before);
    // Each goes on with its own key, and with no other's.
    let foreign = rpc.sign(app.request("root", "app-root-1", &two));
    assert_refused(foreign, "KEY_OF_OTHER_LINEAGE");
    // Nor onto the name that another has given up.
    let three = dated(&one, 30);
    supersede(&rpc, &lineages[0], "root", 1, [&one, &three]).unwrap();
    let onto = supersede(&rpc, &lineages[1], "root", 1, [&two, &one]);
    assert_refused(onto, "NOT_SUPERSEDABLE");
    rpc.sign(app.request("root", "app-root-3", &two)).unwrap();
    assert_eq!(
        rpc.lineage(&lineages[1]).unwrap().roles[0].state(),
        State::Final
    );
}

#[test]
fn a_superseded_first_root_never_comes_back() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = [SoftwareKey::generate(), SoftwareKey::generate()];
    let mut app = Repository::of_one_key(&rpc, "app");
    app.roles.root = shared(&rpc, "app-root", &elsewhere);
    let unbound = rpc.generate("late", "ecdsa-p256", &app.name).unwrap();
    app.roles.root.keys.push(unbound);
    let draft = metadata::root(1, &app.roles);
    let better = dated(&draft, 20);
    app.sign(&rpc, "root", &draft).unwrap();
    supersede(&rpc, &lineage(&app, &draft), "root", 1, [&draft, &better]).unwrap();

    let assert_gone = |rpc: &Rpc| {
        let opened = rpc.sign(app.request("root", "late", &draft));
        assert_refused(opened, "VERSION_REUSED");
        let back = supersede(rpc, &lineage(&app, &better), "root", 1, [&better, &draft]);
        assert_refused(back, "NOT_SUPERSEDABLE");
        let [b, c] = &elsewhere;
        let enrolled = rpc.enroll_repository(EnrollRepositoryRequest {
            authority: app.lineage.authority.clone(),
            repository: app.name.clone(),
            roots: vec![c.signed(&b.signed(&draft))],
            ..Default::default()
        });
        let refusal = enrolled.unwrap_err();
        assert_eq!(refusal.codes(), (Code::AlreadyExists, "LINEAGE_KNOWN"));
        let gone = rpc.lineage(&lineage(&app, &draft)).unwrap_err();
        assert_eq!(gone.reason, "UNKNOWN_LINEAGE");
    };
    assert_gone(&rpc);
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_gone(&rpc);
    for key in ["app-root", "late"] {
        rpc.sign(app.request("root", key, &better)).unwrap();
    }
    let opened = rpc.lineage(&lineage(&app, &better)).unwrap();
    assert_eq!(opened.roles[0].state(), State::Final);
    assert_gone(&rpc);
}

#[test]
fn no_content_that_was_given_up_is_taken_up_again() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::open(&rpc, "app");
    let drafts = [20, 30, 40].map(|days| dated(&metadata::root(2, &app.roles), days));
    let [one, two, three] = drafts.each_ref().map(Vec::as_slice);
    let then = |rpc: &Rpc, from, to| supersede(rpc, &app.lineage, "root", 2, [from, to]);
    app.sign(&rpc, "root", one).unwrap();
    then(&rpc, one, two).unwrap();
    assert_refused(then(&rpc, two, one), "NOT_SUPERSEDABLE");
    app.sign(&rpc, "root", two).unwrap();
    then(&rpc, two, three).unwrap();

    stage.agent.restart();
    let rpc = stage.rpc();
    for given_up in [one, two] {
        assert_refused(then(&rpc, three, given_up), "NOT_SUPERSEDABLE");
        assert_refused(app.sign(&rpc, "root", given_up), "VERSION_REUSED");
    }
    for key in ["app-root-1", "app-root-2"] {
        rpc.sign(app.request("root", key, three)).unwrap();
    }
    assert_eq!(app.version(&rpc, "root"), (2, State::Final));
}

#[test]
fn a_mistyped_digest_is_superseded_by_the_right_one() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::generate(&rpc, "app");
    let draft = metadata::root(1, &app.roles);
    // A digest of something that nobody has.
    let (mistyped, better) = (metadata::targets(1, &[]), dated(&draft, 20));
    app.sign(&rpc, "root", &draft).unwrap();
    supersede(&rpc, &lineage(&app, &draft), "root", 1, [&draft, &mistyped]).unwrap();

    stage.agent.restart();
    let rpc = stage.rpc();
    let steps = [mistyped.as_slice(), &better];
    supersede(&rpc, &lineage(&app, &mistyped), "root", 1, steps).unwrap();
    for key in ["app-root-1", "app-root-2"] {
        rpc.sign(app.request("root", key, &better)).unwrap();
    }
    let opened = rpc.lineage(&lineage(&app, &better)).unwrap();
    assert_eq!(opened.roles[0].state(), State::Final);
}

#[test]
fn a_rotation_that_waits_for_the_old_key_is_superseded() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let old = SoftwareKey::generate();
    let mut app = Repository::of_one_key(&rpc, "app");
    let new = app.roles.root.clone();
    app.roles.root = RoleOf::new(1, slice::from_ref(&old.key));
    let first = metadata::root(1, &app.roles);
    app.lineage.first_root = digest(&first).to_string();
    rpc.enroll_repository(EnrollRepositoryRequest {
        authority: app.lineage.authority.clone(),
        repository: app.name.clone(),
        roots: vec![old.signed(&first)],
        ..Default::default()
    })
    .unwrap();

    app.roles.root = new;
    let draft = metadata::root(2, &app.roles);
    let better = dated(&draft, 20);
    app.sign(&rpc, "root", &draft).unwrap();
    assert_eq!(app.version(&rpc, "root"), (2, State::Committed));
    supersede(&rpc, &app.lineage, "root", 2, [&draft, &better]).unwrap();
    let signed = app.sign(&rpc, "root", &better).unwrap();
    let complete = old.signed(&with_signatures(&better, [&signed]));
    rpc.observe(app.observation("root", &complete)).unwrap();
    assert_eq!(app.version(&rpc, "root"), (2, State::Final));
    // Now the token's key alone signs, so what it signs is in use at once.
    let third = metadata::root(3, &app.roles);
    app.sign(&rpc, "root", &third).unwrap();
    let late = supersede(&rpc, &app.lineage, "root", 3, [&third, &dated(&third, 20)]);
    assert_refused(late, "NOT_SUPERSEDABLE");
}

#[test]
fn a_superseded_snapshot_or_timestamp_takes_back_what_it_raised() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = [SoftwareKey::generate(), SoftwareKey::generate()];
    let mut app = Repository::of_one_key(&rpc, "app");
    app.roles.snapshot = shared(&rpc, "app-snapshot", &elsewhere);
    app.roles.timestamp = shared(&rpc, "app-timestamp", &elsewhere);
    let app = app.opened(&rpc);
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
    let entries = |version, entries: &[(&str, u64)]| {
        edited(&metadata::snapshot(version, 1), |signed| {
            for (name, version) in entries {
                signed["meta"][*name] = serde_json::json!({ "version": version });
            }
        })
    };
    let complete = |rpc: &Rpc, role, document: &[u8]| {
        let signed = app.sign(rpc, role, document).unwrap();
        let complete = elsewhere[0].signed(&with_signatures(document, [&signed]));
        rpc.observe(app.observation(role, &complete)).unwrap();
    };
    complete(&rpc, "snapshot", &entries(1, &[("bin.json", 3)]));

    let draft = entries(2, &[("bin.json", 900), ("new.json", 1)]);
    let better = entries(2, &[("bin.json", 4)]);
    app.sign(&rpc, "snapshot", &draft).unwrap();
    let early = metadata::timestamp(1, 2);
    app.sign(&rpc, "timestamp", &early).unwrap();
    let rightly = metadata::timestamp(1, 1);
    supersede(&rpc, &app.lineage, "timestamp", 1, [&early, &rightly]).unwrap();
    supersede(&rpc, &app.lineage, "snapshot", 2, [&draft, &better]).unwrap();

    stage.agent.restart();
    let rpc = stage.rpc();
    complete(&rpc, "timestamp", &rightly);
    complete(&rpc, "snapshot", &better);
    // What was known before the draft, and what the new one raised, stands.
    let lowered = app.sign(&rpc, "snapshot", &entries(3, &[("bin.json", 3)]));
    assert_refused(lowered, "SNAPSHOT_LOWERED");
    let dropped = app.sign(&rpc, "snapshot", &entries(3, &[("new.json", 1)]));
    assert_refused(dropped, "SNAPSHOT_DROPPED");
    complete(&rpc, "snapshot", &entries(3, &[("bin.json", 5)]));
    assert_eq!(app.version(&rpc, "snapshot"), (3, State::Final));
}
