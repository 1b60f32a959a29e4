//! Snapshots whose key is in the token: they list files that the agent was shown.

use privyseal_proto::ledger::v1::facts::Content;
use privyseal_tests::records;
use privyseal_tests::rpc::Rpc;

use crate::documents::{To, replaced, snapshot, targets};
use crate::image::{Foreign, Image, bare};
use crate::stage::Stage;

/// A repository with two signers, one of them elsewhere, and its files.
struct Published {
    image: Image,
    root: Vec<u8>,
    targets: Vec<u8>,
    alice: Vec<u8>,
    bob: Vec<u8>,
    elsewhere: Foreign,
}

impl Published {
    fn new(stage: &Stage, rpc: &Rpc) -> Self {
        let image = Image::new(stage, "app");
        let alice = bare(&stage.key("alice", "ecdsa-p256", "delegation", &image.gun));
        let elsewhere = Foreign::new();
        let to = [
            To("targets/alice", &[alice], &[""]),
            To("targets/bob", std::slice::from_ref(&elsewhere.key), &[""]),
        ];
        let (image, targets) = image.published(rpc, &[], &to);
        let document = self::targets(1, &["v1"], &[]);
        let alice = image.completed(rpc, "targets/alice", "alice", &document);
        Self {
            root: image.first_root.clone(),
            bob: elsewhere.completed("targets/bob", &self::targets(4, &["v2"], &[])),
            image,
            targets,
            alice,
            elsewhere,
        }
    }

    fn files(&self) -> [(&str, &[u8]); 4] {
        [
            ("root", &self.root),
            ("targets", &self.targets),
            ("targets/alice", &self.alice),
            ("targets/bob", &self.bob),
        ]
    }

    fn show(&self, rpc: &Rpc) {
        for (role, file) in self.files() {
            self.image.observe(rpc, role, file).unwrap();
        }
    }

    fn sign(&self, rpc: &Rpc, document: &[u8]) -> String {
        let key = &self.image.snapshot.name;
        let answer = self.image.sign(rpc, "snapshot", key, document);
        answer.map_or_else(|refused| refused.reason, |_| "signed".to_owned())
    }
}

#[test]
fn a_snapshot_lists_files_that_were_shown_and_no_others() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Published::new(&stage, &ci);
    let all = snapshot(1, &app.files());
    assert_eq!(app.sign(&ci, &all), "SNAPSHOT_FILE_UNKNOWN");
    // Bob's is published elsewhere: a version that this agent did not expect.
    app.show(&ci);
    assert_eq!(app.image.memory(&ci, "targets/bob").unwrap().version, 4);
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    let longer = [&app.alice[..], b"\n"].concat();
    for place in 0..4 {
        let mut files = app.files();
        files[place].1 = &longer;
        assert_eq!(app.sign(&ci, &snapshot(1, &files)), "SNAPSHOT_FILE_UNKNOWN");
    }
    let mut strange = app.files();
    strange[3].0 = "targets/carol";
    assert_eq!(
        app.sign(&ci, &snapshot(1, &strange)),
        "SNAPSHOT_FILE_UNKNOWN"
    );
    let sha512 = format!("\"sha512\":\"{}==\"}}", "A".repeat(86));
    let more = replaced(&all, "\"},\"length\"", &format!("\",{sha512},\"length\""));
    assert_eq!(app.sign(&ci, &more), "SNAPSHOT_CONTRADICTS");
    assert_eq!(app.sign(&ci, &snapshot(2, &app.files())), "VERSION_SKIPPED");
    assert_eq!(app.sign(&ci, &all), "signed");
    let decided = records::decisions(&stage.operator());
    let facts = decided.last().unwrap().facts.clone().unwrap();
    let Some(Content::Snapshot(facts)) = facts.content else {
        panic!("{facts:?}")
    };
    let raised = facts
        .raised
        .iter()
        .map(|entry| (entry.name.as_str(), entry.version));
    let raised: Vec<_> = raised.collect();
    let expected = [
        ("root.json", 1),
        ("targets.json", 1),
        ("targets/alice.json", 1),
        ("targets/bob.json", 4),
    ];
    assert_eq!(raised, expected);
}

#[test]
fn the_key_of_snapshots_comes_from_elsewhere_to_the_token() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let server = Foreign::new();
    let mut app = Image::new(&stage, "app");
    let ours = std::mem::replace(&mut app.snapshot.key, server.key.clone());
    let gone = Foreign::new();
    let to = [To("targets/bob", std::slice::from_ref(&gone.key), &[""])];
    let (mut app, first) = app.published(&ci, &["v1"], &to);
    let bob = gone.completed("targets/bob", &targets(1, &["v2"], &[]));
    app.observe(&ci, "targets/bob", &bob).unwrap();
    let key = app.targets.name.clone();
    let second = app.completed(&ci, "targets", &key, &targets(2, &["v1"], &[]));
    for (role, file) in [("root", &app.first_root), ("targets", &second)] {
        app.observe(&ci, role, file).unwrap();
    }
    // What is left of a role that is gone may be any file.
    let root = ("root", app.first_root.as_slice());
    let left = ("targets/bob", b"left".as_slice());
    let theirs = snapshot(9, &[root, ("targets", &second), left]);
    let theirs = server.completed("snapshot", &theirs);
    app.observe(&ci, "snapshot", &theirs).unwrap();
    app.snapshot.key = ours;
    let next = app.root(2);
    let next = app.completed(&ci, "root", &app.root[0].name, &next);
    app.observe(&ci, "root", &next).unwrap();
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    let sign = |version, files: &[(&str, &[u8])]| {
        let document = snapshot(version, files);
        app.sign(&ci, "snapshot", &app.snapshot.name, &document)
    };
    let (root, second) = (("root", next.as_slice()), ("targets", second.as_slice()));
    let refused = sign(10, &[root, ("targets", &first)]);
    assert_eq!(refused.unwrap_err().reason, "SNAPSHOT_FILE_UNKNOWN");
    let refused = sign(10, &[root, second, left]);
    assert_eq!(refused.unwrap_err().reason, "SNAPSHOT_FILE_UNKNOWN");
    let refused = sign(1, &[root, second]);
    assert_eq!(refused.unwrap_err().reason, "VERSION_ROLLBACK");
    sign(10, &[root, second]).unwrap();
}

#[test]
fn a_snapshot_drops_and_lowers_nothing_that_is_delegated_to() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let mut app = Published::new(&stage, &ci);
    app.show(&ci);
    let old = app.alice.clone();
    let next = targets(2, &["v1", "v2"], &[]);
    app.alice = app.image.completed(&ci, "targets/alice", "alice", &next);
    app.show(&ci);
    assert_eq!(app.sign(&ci, &snapshot(1, &app.files())), "signed");
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    let mut lower = app.files();
    lower[2].1 = &old;
    assert_eq!(app.sign(&ci, &snapshot(2, &lower)), "SNAPSHOT_LOWERED");
    let [root, targets_1, _, bob] = app.files();
    let without = |targets: &[u8]| snapshot(2, &[root, ("targets", targets), bob]);
    assert_eq!(app.sign(&ci, &without(targets_1.1)), "SNAPSHOT_DROPPED");
    // A signer who is removed goes from the snapshot with his delegation, as notary does it.
    let to_bob = To(
        "targets/bob",
        std::slice::from_ref(&app.elsewhere.key),
        &[""],
    );
    let removed = targets(2, &[], &[to_bob]);
    let key = &app.image.targets.name;
    let removed = app.image.completed(&ci, "targets", key, &removed);
    app.image.observe(&ci, "targets", &removed).unwrap();
    assert_eq!(app.sign(&ci, &without(&removed)), "signed");
    // Who comes back does so with the versions that were.
    let keys = stage.operator().keys().unwrap();
    let alice = [bare(keys.iter().find(|key| key.name == "alice").unwrap())];
    let back = targets(3, &[], &[To("targets/alice", &alice, &[""])]);
    let back = app.image.completed(&ci, "targets", key, &back);
    app.image.observe(&ci, "targets", &back).unwrap();
    let lone = snapshot(3, &[root, ("targets", &back)]);
    assert_eq!(app.sign(&ci, &lone), "SNAPSHOT_DROPPED");
    let lower = snapshot(3, &[root, ("targets", &back), ("targets/alice", &old)]);
    assert_eq!(app.sign(&ci, &lower), "SNAPSHOT_LOWERED");
    let same = ("targets/alice", app.alice.as_slice());
    assert_eq!(
        app.sign(&ci, &snapshot(3, &[root, ("targets", &back), same])),
        "signed"
    );
}

#[test]
fn a_snapshot_repeats_what_is_published_whatever_was_signed_since() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let mut app = Published::new(&stage, &ci);
    app.show(&ci);
    let second = targets(2, &["v1", "v2"], &[]);
    app.alice = app.image.completed(&ci, "targets/alice", "alice", &second);
    app.show(&ci);
    assert_eq!(app.sign(&ci, &snapshot(1, &app.files())), "signed");
    for version in [3, 4] {
        let unpublished = targets(version, &["v3"], &[]);
        app.image
            .completed(&ci, "targets/alice", "alice", &unpublished);
    }
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    let first = targets(1, &["v1"], &[]);
    let mut lower = app.files();
    lower[2].1 = &first;
    assert_eq!(app.sign(&ci, &snapshot(2, &lower)), "SNAPSHOT_FILE_UNKNOWN");
    assert_eq!(app.sign(&ci, &snapshot(2, &app.files())), "signed");
    assert_eq!(app.sign(&ci, &snapshot(3, &app.files())), "signed");
}

#[test]
fn a_snapshot_drops_a_role_with_the_document_that_drops_it() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Published::new(&stage, &ci);
    app.show(&ci);
    assert_eq!(app.sign(&ci, &snapshot(1, &app.files())), "signed");
    let [root, published, _, bob] = app.files();
    let to_bob = To(
        "targets/bob",
        std::slice::from_ref(&app.elsewhere.key),
        &[""],
    );
    let removed = |version| targets(version, &[], std::slice::from_ref(&to_bob));
    let key = &app.image.targets.name;
    let second = app.image.completed(&ci, "targets", key, &removed(2));
    app.image.observe(&ci, "targets", &second).unwrap();
    // The newest document that is known does not delegate to alice; the one that is listed does.
    let without = |targets: &[u8]| snapshot(2, &[root, ("targets", targets), bob]);
    assert_eq!(app.sign(&ci, &without(published.1)), "SNAPSHOT_DROPPED");
    for version in [3, 4] {
        app.image.completed(&ci, "targets", key, &removed(version));
    }
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    assert_eq!(app.sign(&ci, &without(published.1)), "SNAPSHOT_DROPPED");
    let fourth = app.image.completed(&ci, "targets", key, &removed(4));
    app.image.observe(&ci, "targets", &fourth).unwrap();
    assert_eq!(app.sign(&ci, &without(&fourth)), "signed");
}
