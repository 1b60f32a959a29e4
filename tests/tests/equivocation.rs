//! One version, one content: whoever asks, however many at once, and whatever was signed elsewhere.

use std::slice;
use std::sync::Barrier;
use std::thread;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{EnrollRepositoryRequest, LineageRef};
use privyseal_tests::metadata::{self, RoleOf, Roles, digest, edited, in_days, with_signatures};
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::software_key::SoftwareKey;
use privyseal_tests::stage::Stage;
use privyseal_tuf::{Draft, Hashes, MetaFile};
use tonic::Code;

fn assert_refused<T: std::fmt::Debug>(answer: Answer<T>, reason: &str) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.codes(), (Code::FailedPrecondition, reason));
}

/// The same document with another expiry: other content under the same version.
fn other(document: &[u8]) -> Vec<u8> {
    edited(document, |signed| {
        signed["expires"] = in_days(5).as_str().into();
    })
}

#[test]
fn of_two_first_roots_asked_for_at_once_a_key_signs_one() {
    const ROUNDS: usize = 30;
    let Some(stage) = Stage::new() else { return };
    let rpcs = [stage.rpc(), stage.rpc()];
    let mut known = Vec::new();
    for round in 0..ROUNDS {
        let repository = Repository::of_one_key(&rpcs[0], &format!("app-{round}"));
        let root = metadata::root(1, &repository.roles);
        let drafts = [other(&root), root];
        let start = Barrier::new(2);
        let answers = thread::scope(|scope| {
            let asking = [0, 1].map(|i| {
                let (repository, start, rpc, draft) = (&repository, &start, &rpcs[i], &drafts[i]);
                scope.spawn(move || {
                    start.wait();
                    repository.sign(rpc, "root", draft)
                })
            });
            asking.map(|asking| asking.join().unwrap())
        });
        let (signed, refused) = match answers {
            [Ok(signed), refused] | [refused, Ok(signed)] => (signed, refused),
            neither => panic!("round {round}: {neither:?}"),
        };
        assert_refused(refused, "KEY_OF_OTHER_LINEAGE");
        known.push(signed.lineage.unwrap());
    }
    // The key stands for the one that was signed, and nothing else was even decided on.
    assert_eq!(records::decisions(&rpcs[0]).len(), ROUNDS);
    let keys = rpcs[0].keys().unwrap();
    for key in keys.iter().filter(|key| key.purpose == "tuf") {
        let of_key = |lineage: &&LineageRef| lineage.repository == key.repository;
        let lineage = known.iter().find(of_key).unwrap();
        assert_eq!(key.first_root, lineage.first_root);
    }
}

#[test]
fn what_was_completed_elsewhere_against_our_own_decision_is_not_signed_too() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let elsewhere = [SoftwareKey::generate(), SoftwareKey::generate()];
    let mut app = Repository::of_one_key(&rpc, "app");
    let [b, c] = &elsewhere;
    app.roles.targets = RoleOf::new(2, &[app.key("root").clone(), b.key.clone(), c.key.clone()]);
    let app = app.opened(&rpc);

    let ours = metadata::targets(1, &[("a.txt", b"ours")]);
    let theirs = metadata::targets(1, &[("a.txt", b"theirs")]);
    app.sign(&rpc, "targets", &ours).unwrap();
    assert_eq!(app.version(&rpc, "targets"), (1, State::Committed));
    let complete = c.signed(&b.signed(&theirs));
    let shown = rpc.observe(app.observation("targets", &complete)).unwrap();
    assert!(shown.recorded);
    let assert_stays = |rpc: &Rpc| {
        let known = app.memory(rpc, "targets").unwrap();
        assert_eq!((known.version, known.state()), (1, State::Final));
        assert_eq!(known.digest, digest(&theirs).to_string());
        let before = records::decisions(rpc).len();
        for document in [&theirs, &complete, &ours] {
            assert_refused(app.sign(rpc, "targets", document), "VERSION_REUSED");
        }
        assert_eq!(records::decisions(rpc).len(), before);
    };
    assert_stays(&rpc);

    stage.agent.restart();
    let rpc = stage.rpc();
    assert_stays(&rpc);
    let next = metadata::targets(2, &[("a.txt", b"agreed")]);
    let signed = app.sign(&rpc, "targets", &next).unwrap();
    let complete = b.signed(&with_signatures(&next, [&signed]));
    rpc.observe(app.observation("targets", &complete)).unwrap();
    assert_eq!(app.version(&rpc, "targets"), (2, State::Final));
}

#[test]
fn a_snapshot_that_runs_ahead_burns_nothing() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::of_one_key(&rpc, "app").opened(&rpc);
    let entries = |version, targets, bin: u64| {
        edited(&metadata::snapshot(version, targets), |signed| {
            signed["meta"]["bin.json"] = serde_json::json!({ "version": bin });
        })
    };
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
    let highest = (1 << 53) - 1;
    for (targets, bin) in [(2, 1), (highest, 1), (1, 1_001), (1, highest)] {
        let ahead = app.sign(&rpc, "snapshot", &entries(1, targets, bin));
        assert_refused(ahead, "SNAPSHOT_AHEAD");
    }
    app.sign(&rpc, "snapshot", &entries(1, 1, 1_000)).unwrap();

    stage.agent.restart();
    let rpc = stage.rpc();
    app.sign(&rpc, "targets", &metadata::targets(2, &[]))
        .unwrap();
    for (targets, bin) in [(3, 1_000), (2, 2_001), (2, highest)] {
        let ahead = app.sign(&rpc, "snapshot", &entries(2, targets, bin));
        assert_refused(ahead, "SNAPSHOT_AHEAD");
    }
    app.sign(&rpc, "snapshot", &entries(2, 2, 2_000)).unwrap();
    app.sign(&rpc, "snapshot", &entries(3, 2, 2_001)).unwrap();
}

#[test]
fn a_timestamp_names_a_snapshot_file_that_was_shown() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let app = Repository::of_one_key(&rpc, "app").opened(&rpc);
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
    let snapshot = metadata::snapshot(1, 1);
    let signed = app.sign(&rpc, "snapshot", &snapshot).unwrap();
    let file = with_signatures(&snapshot, [&signed]);
    let spaced = [b"\n  ", file.as_slice(), b"\n\n"].concat();
    let unseen = [file.as_slice(), b" "].concat();
    let naming = |version, length: &[u8], hashes: Hashes| {
        let entry = MetaFile {
            version: 1,
            length: Some(length.len() as u64),
            hashes: Some(hashes),
        };
        let draft = Draft::timestamp(version, &in_days(1), &entry);
        draft.finish().unwrap().to_bytes()
    };
    let of = |version, file: &[u8]| naming(version, file, Hashes::sha256_of(file));
    let sign = |rpc: &Rpc, document: &[u8]| app.sign(rpc, "timestamp", document);

    assert_refused(sign(&rpc, &of(1, &file)), "SNAPSHOT_UNKNOWN");
    let show = |rpc: &Rpc, file: &[u8]| {
        let shown = rpc.observe(app.observation("snapshot", file)).unwrap();
        shown.recorded
    };
    assert!(show(&rpc, &file));
    assert_refused(sign(&rpc, &of(1, &spaced)), "TIMESTAMP_CONTRADICTS");
    sign(&rpc, &of(1, &file)).unwrap();
    assert!(show(&rpc, &spaced), "another file, though the same content");
    assert!(!show(&rpc, &file) && !show(&rpc, &spaced));
    sign(&rpc, &of(2, &spaced)).unwrap();

    stage.agent.restart();
    let rpc = stage.rpc();
    for (what, bad) in [
        ("a file that was not shown", of(3, &unseen)),
        (
            "two files mixed",
            naming(3, &file, Hashes::sha256_of(&spaced)),
        ),
        (
            "a hash that can't be compared",
            naming(3, &file, Hashes::sha256_and_sha512_of(&file)),
        ),
    ] {
        println!("{what}");
        assert_refused(sign(&rpc, &bad), "TIMESTAMP_CONTRADICTS");
    }
    sign(&rpc, &of(3, &file)).unwrap();
    sign(&rpc, &of(4, &spaced)).unwrap();
}

#[test]
fn a_repository_is_enrolled_whole_or_not_at_all() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let (old, new) = (SoftwareKey::generate(), SoftwareKey::generate());
    let of = |key: &SoftwareKey| RoleOf::new(1, slice::from_ref(&key.key));
    let online = RoleOf::new(
        1,
        &[rpc
            .generate("app", "ecdsa-p256", "example.org/app")
            .unwrap()],
    );
    let mut roles = Roles {
        root: of(&old),
        targets: of(&old),
        snapshot: of(&old),
        timestamp: online,
    };
    let mut app = Repository::new("example.org/app".to_owned(), roles.clone());
    let first = metadata::root(1, &roles);
    app.lineage.first_root = digest(&first).to_string();
    let second = old.signed(&metadata::root(2, &roles));
    roles.root = of(&new);
    let third = new.signed(&old.signed(&metadata::root(3, &roles)));
    let request = |snapshot: &[u8]| EnrollRepositoryRequest {
        authority: app.lineage.authority.clone(),
        repository: app.name.clone(),
        roots: vec![old.signed(&first), second.clone(), third.clone()],
        targets: old.signed(&metadata::targets(7, &[])),
        snapshot: snapshot.to_vec(),
        timestamp: Vec::new(),
        delegated: Vec::new(),
    };
    let before = records::events(&rpc).len();

    // The last document is bad, and nothing of those before it is known.
    let unsigned = metadata::snapshot(9, 7);
    assert_refused(rpc.enroll_repository(request(&unsigned)), "INCOMPLETE");
    let unknown = rpc.lineage(&app.lineage).unwrap_err();
    assert_eq!(unknown.codes(), (Code::NotFound, "UNKNOWN_LINEAGE"));
    assert_eq!(records::events(&rpc).len(), before);

    rpc.enroll_repository(request(&old.signed(&unsigned)))
        .unwrap();
    let news = records::events(&rpc).split_off(before);
    let [Event::RepositoryEnrolled(enrolled)] = news.as_slice() else {
        panic!("not one record: {news:?}");
    };
    let documents = enrolled
        .documents
        .iter()
        .map(|d| (d.role.as_str(), d.version));
    let expected = [("root", 2), ("root", 3), ("targets", 7), ("snapshot", 9)];
    assert!(
        enrolled.roots == 3 && documents.eq(expected),
        "{enrolled:?}"
    );
    let known = rpc.lineage(&app.lineage).unwrap();
    assert_eq!(app.version(&rpc, "root"), (3, State::Final));
    assert_eq!(app.version(&rpc, "snapshot"), (9, State::Final));

    stage.agent.restart();
    let rpc = stage.rpc();
    assert_eq!(rpc.lineage(&app.lineage).unwrap(), known);
    let twice = rpc.enroll_repository(request(&[])).unwrap_err();
    assert_eq!(twice.codes(), (Code::AlreadyExists, "LINEAGE_KNOWN"));
    // Its keys and entries are known too.
    app.sign(&rpc, "timestamp", &metadata::timestamp(1, 9))
        .unwrap();
    let by_old = old.signed(&metadata::root(4, &roles));
    assert_refused(rpc.observe(app.observation("root", &by_old)), "INCOMPLETE");
    let lowered = old.signed(&metadata::snapshot(10, 6));
    assert_refused(
        rpc.observe(app.observation("snapshot", &lowered)),
        "SNAPSHOT_LOWERED",
    );
    let by_new = new.signed(&metadata::root(4, &roles));
    rpc.observe(app.observation("root", &by_new)).unwrap();
}
