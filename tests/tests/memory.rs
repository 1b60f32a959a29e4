//! What the agent remembers of versions, over corrections, roots signed elsewhere and restarts.

use std::thread;
use std::time::Duration;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{EnrollRepositoryRequest, SupersedeReply, SupersedeRequest};
use privyseal_tests::metadata::{self, RoleOf, digest, edited, in_days, with_signatures};
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::require::SOFTHSM;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::shim::{Fault, Shim};
use privyseal_tests::stage::Stage;
use privyseal_tests::wait;
use tonic::Code;

/// The same document with another expiry: other content under the same version.
fn corrected(document: &[u8]) -> Vec<u8> {
    edited(document, |signed| {
        signed["expires"] = in_days(5).as_str().into();
    })
}

fn supersede(
    rpc: &Rpc,
    repository: &Repository,
    role: &str,
    version: u64,
    old: &[u8],
    new: &[u8],
) -> Answer<SupersedeReply> {
    rpc.supersede(SupersedeRequest {
        lineage: Some(repository.lineage.clone()),
        role: role.to_owned(),
        version,
        old_digest: digest(old).to_string(),
        new_digest: digest(new).to_string(),
        reason: "a wrong date".to_owned(),
        server_refused: false,
    })
}

#[test]
fn the_same_bytes_again_give_the_recorded_signature() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let repository = Repository::open(&rpc, "app");
    assert_eq!(repository.version(&rpc, "root"), (1, State::Final));

    let document = metadata::targets(1, &[("a/b.txt", b"b")]);
    let first = repository.sign(&rpc, "targets", &document).unwrap();
    assert!(!first.recorded);
    let again = repository.sign(&rpc, "targets", &document).unwrap();
    assert!(again.recorded, "at once, before its outcome is durable");
    assert_eq!((&again.sig, again.record), (&first.sig, first.record));

    stage.agent.restart();
    let later = repository.sign(&stage.rpc(), "targets", &document).unwrap();
    assert!(later.recorded, "after a restart");
    assert_eq!((&later.sig, later.record), (&first.sig, first.record));
}

#[test]
fn a_root_is_corrected_in_mid_ceremony() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let repository = Repository::open(&rpc, "app");
    let keys = repository.roles.root.keys.clone();
    let draft = metadata::root(2, &repository.roles);
    let correction = corrected(&draft);
    rpc.sign(repository.request("root", &keys[0].name, &draft))
        .unwrap();
    assert_eq!(repository.version(&rpc, "root"), (2, State::Committed));

    let other = rpc.sign(repository.request("root", &keys[1].name, &correction));
    assert_eq!(
        other.unwrap_err().codes(),
        (Code::FailedPrecondition, "VERSION_REUSED")
    );
    supersede(&rpc, &repository, "root", 2, &draft, &correction).unwrap();
    let superseded = records::events(&rpc)
        .into_iter()
        .any(|event| matches!(event, Event::Superseded(_)));
    assert!(superseded, "it stands in the ledger");
    let old = rpc.sign(repository.request("root", &keys[1].name, &draft));
    assert_eq!(old.unwrap_err().reason, "VERSION_REUSED");

    stage.agent.restart();
    let rpc = stage.rpc();
    for key in &keys[..2] {
        rpc.sign(repository.request("root", &key.name, &correction))
            .unwrap();
    }
    assert_eq!(repository.version(&rpc, "root"), (2, State::Final));
    let late = supersede(&rpc, &repository, "root", 2, &correction, &draft);
    assert_eq!(
        late.unwrap_err().codes(),
        (Code::FailedPrecondition, "NOT_SUPERSEDABLE"),
        "a final root stays"
    );
}

#[test]
fn what_one_signature_completes_is_not_superseded() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let repository = Repository::complete(&rpc, "app");
    let before = records::events(&rpc).len();
    let signed = metadata::targets(1, &[("a.txt", b"a")]);
    let answer = supersede(
        &rpc,
        &repository,
        "targets",
        1,
        &signed,
        &corrected(&signed),
    );
    assert_eq!(answer.unwrap_err().reason, "NOT_SUPERSEDABLE");

    // Not even in a lineage whose root is not complete: the role's own threshold counts.
    let mut single = Repository::generate(&rpc, "single");
    single.roles.root.threshold = 1;
    let root = metadata::root(1, &single.roles);
    single.lineage.first_root = digest(&root).to_string();
    single.sign(&rpc, "root", &root).unwrap();
    let answer = supersede(&rpc, &single, "root", 1, &root, &corrected(&root));
    assert_eq!(answer.unwrap_err().reason, "NOT_SUPERSEDABLE");

    // Nor an unfinished root that another key alone, in both roots, could complete elsewhere.
    let next = rpc.generate("next", "ecdsa-p256", &single.name).unwrap();
    single.roles.root.keys.push(next);
    let root = metadata::root(2, &single.roles);
    rpc.sign(single.request("root", "next", &root)).unwrap();
    assert_eq!(single.version(&rpc, "root"), (2, State::Committed));
    let answer = supersede(&rpc, &single, "root", 2, &root, &corrected(&root));
    assert_eq!(answer.unwrap_err().reason, "NOT_SUPERSEDABLE");
    let superseded = records::events(&rpc)
        .split_off(before)
        .into_iter()
        .any(|event| matches!(event, Event::Superseded(_)));
    assert!(!superseded);
}

#[test]
fn a_first_root_is_corrected_and_renames_its_lineage() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let mut repository = Repository::generate(&rpc, "app");
    let keys = repository.roles.root.keys.clone();
    let draft = metadata::root(1, &repository.roles);
    let correction = corrected(&draft);
    repository.lineage.first_root = digest(&draft).to_string();
    rpc.sign(repository.request("root", &keys[0].name, &draft))
        .unwrap();
    supersede(&rpc, &repository, "root", 1, &draft, &correction).unwrap();
    assert_eq!(
        rpc.lineage(&repository.lineage).unwrap_err().reason,
        "UNKNOWN_LINEAGE"
    );

    stage.agent.restart();
    let rpc = stage.rpc();
    repository.lineage.first_root = digest(&correction).to_string();
    for key in &keys[..2] {
        rpc.sign(repository.request("root", &key.name, &correction))
            .unwrap();
    }
    assert_eq!(repository.version(&rpc, "root"), (1, State::Final));
    let listed = rpc.keys().unwrap();
    let key = listed.iter().find(|key| key.name == keys[0].name).unwrap();
    assert_eq!(key.first_root, repository.lineage.first_root);
}

#[test]
fn a_signature_of_a_superseded_draft_that_comes_late_is_not_taken_for_the_new_one() {
    let mut shim = None;
    let stage = Stage::with(|sandbox, setup| {
        let controlled = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
        let setup = setup.shim(&controlled);
        shim = Some(controlled);
        setup
    });
    let (Some(stage), Some(shim)) = (stage, shim) else {
        return;
    };
    let rpc = stage.rpc();
    let repository = Repository::open(&rpc, "app");
    let key = &repository.roles.root.keys[0].name;
    let draft = metadata::root(2, &repository.roles);
    let correction = corrected(&draft);
    let before = records::decisions(&rpc).len();

    let minute = Fault::Sleep(Duration::from_secs(60));
    shim.inject(&[("C_Sign", Some(1), minute)]).unwrap();
    let slow = repository.request("root", key, &draft);
    let late = {
        let rpc = stage.rpc();
        thread::spawn(move || rpc.sign(slow))
    };
    wait::until("the decision on the draft", || {
        (records::decisions(&rpc).len() > before).then_some(())
    });
    wait::until("the slow call", || {
        (shim.calls("C_Sign").ok()? > 0).then_some(())
    });
    supersede(&rpc, &repository, "root", 2, &draft, &correction).unwrap();
    let new = rpc
        .sign(repository.request("root", key, &correction))
        .unwrap();
    shim.clear().unwrap();
    let late = late.join().unwrap().unwrap();
    assert_ne!(late.sig, new.sig);

    let again = rpc
        .sign(repository.request("root", key, &correction))
        .unwrap();
    assert!(again.recorded);
    assert_eq!(again.sig, new.sig);
}

#[test]
fn a_root_signed_elsewhere_is_observed() {
    let (Some(here), Some(elsewhere)) = (Stage::new(), Stage::new()) else {
        return;
    };
    let (rpc, other) = (here.rpc(), elsewhere.rpc());
    // The second agent has two keys of the next root, and knows the lineage from an operator.
    let repository = Repository::open(&rpc, "app");
    let foreign: Vec<_> = ["far-1", "far-2", "far-3"]
        .map(|name| {
            other
                .generate(name, "ecdsa-p256", &repository.name)
                .unwrap()
        })
        .to_vec();
    let mut roles = repository.roles.clone();
    roles.root.keys = vec![
        roles.root.keys[0].clone(),
        foreign[0].clone(),
        foreign[1].clone(),
    ];
    roles.root.threshold = 1;
    let second = metadata::root(2, &roles);
    let signatures: Vec<_> = repository.roles.root.keys[..2]
        .iter()
        .map(|key| {
            rpc.sign(repository.request("root", &key.name, &second))
                .unwrap()
        })
        .collect();
    let second = with_signatures(&second, &signatures);

    other
        .enroll_repository(EnrollRepositoryRequest {
            authority: repository.lineage.authority.clone(),
            repository: repository.name.clone(),
            roots: vec![repository.first_root.clone(), second],
            ..Default::default()
        })
        .unwrap();
    // The third root is signed at the second agent alone.
    roles.root = RoleOf::new(1, &foreign);
    let third = metadata::root(3, &roles);
    let signed = other
        .sign(repository.request("root", "far-1", &third))
        .unwrap();

    let unsigned = rpc.observe(repository.observation("root", &third));
    assert_eq!(
        unsigned.unwrap_err().codes(),
        (Code::FailedPrecondition, "INCOMPLETE")
    );
    let third = with_signatures(&third, [&signed]);
    let observed = rpc.observe(repository.observation("root", &third)).unwrap();
    assert!(observed.recorded);
    assert_eq!(repository.version(&rpc, "root"), (3, State::Final));
    let again = rpc.observe(repository.observation("root", &third)).unwrap();
    assert!(!again.recorded);
    // Its own key is out of the root now.
    let fourth = metadata::root(4, &roles);
    let answer = repository.sign(&rpc, "root", &fourth);
    assert_eq!(answer.unwrap_err().reason, "KEY_NOT_IN_ROLE");
}

#[test]
fn a_version_that_was_never_published_is_passed_by_the_next() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let repository = Repository::complete(&rpc, "app");
    repository
        .sign(&rpc, "targets", &metadata::targets(2, &[("a.txt", b"bad")]))
        .unwrap();
    repository
        .sign(
            &rpc,
            "targets",
            &metadata::targets(3, &[("a.txt", b"good")]),
        )
        .unwrap();
    assert_eq!(repository.version(&rpc, "targets"), (3, State::Final));
    repository
        .sign(&rpc, "snapshot", &metadata::snapshot(2, 3))
        .unwrap();
    repository
        .sign(&rpc, "timestamp", &metadata::timestamp(2, 2))
        .unwrap();
}
