//! A repository that `docker trust` made: the server signs its snapshots, and a signer the tags.

use std::fs;
use std::path::PathBuf;

use privyseal_tests::notary::Published;

use crate::stage::{Stage, destroy_keys, key_files, to_destroy};

#[test]
fn every_tag_stays_signed_and_whoever_knew_the_old_root_follows() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/web");
    let repository = stage.old.docker_signed(&gun, &["v1", "v2"]);
    let names = repository.names();
    let follower = stage.old.docker();
    follower.trusting_ok(&["pull", &names[0]]);
    let before = Published::read(&stage.old.stack.server, &gun);
    stage.generate_signer("alice", &gun);

    let planned = stage.adopt_ok(&gun, &repository.trust, "--dry-run");
    for part in [
        "2 signed tags",
        "desk:root-1, safe:root-2",
        "one that an agent makes",
        "targets/alice",
        "targets/releases",
        "desk:alice",
    ] {
        assert!(planned.contains(part), "{part}: {planned}");
    }
    for (tag, image) in ["v1", "v2"].iter().zip(&repository.tags) {
        let mut lines = planned.lines();
        assert!(
            lines.any(|line| line.contains(tag) && line.contains(&image.digest)),
            "{planned}"
        );
    }
    let memory = stage.owner.state().join("privyseal/trust");
    assert!(!memory.exists(), "only looked at, and remembered");
    let dry = Published::read(&stage.old.stack.server, &gun);
    assert_eq!(dry.version("timestamp"), before.version("timestamp"));

    let said = stage.adopt_ok(&gun, &repository.trust, "--yes");
    assert_eq!(to_destroy(&said), key_files(&repository.keys()), "{said}");
    let after = Published::read(&stage.old.stack.server, &gun);
    assert_eq!(after.version("root"), before.version("root") + 1);
    for role in ["root", "targets"] {
        let [old, new] = [&before, &after].map(|published| published.keyids(role));
        assert!(
            new.iter().all(|id| !old.contains(id)),
            "{role}: {old:?} {new:?}"
        );
    }
    for role in ["snapshot", "timestamp"] {
        assert_eq!(before.keyids(role), after.keyids(role), "{role}");
    }

    let newcomer = stage.old.docker();
    for user in [&follower, &newcomer] {
        for (name, image) in names.iter().zip(&repository.tags) {
            let pulled = user.trusting_ok(&["pull", name]);
            assert!(pulled.contains(&image.digest), "{pulled}");
        }
    }
    let pretty = newcomer.ok(&["trust", "inspect", "--pretty", &gun]);
    for image in &repository.tags {
        let digest = image.digest.strip_prefix("sha256:").unwrap();
        let line = format!("{}           {digest}   alice", image.tag);
        assert!(pretty.contains(&line), "{pretty}");
    }

    // Nothing needs the files: more is signed without them, and what was signed goes on.
    destroy_keys(&repository.trust);
    stage.old.host.push("demo/web", "v3");
    let v3 = format!("{gun}:v3");
    let digest = &stage.old.host.at(&gun, "v3").digest;
    let size = stage.old.host.at(&gun, "v3").size;
    stage
        .owner
        .ok(&format!("trust sign {v3} --digest {digest} --size {size}"));
    let pulled = follower.trusting_ok(&["pull", &v3]);
    assert!(pulled.contains(digest), "{pulled}");
    follower.trusting_ok(&["pull", &names[0]]);
}

#[test]
fn the_second_run_changes_nothing_and_says_the_same_of_the_files() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/twice");
    let repository = stage.old.docker_signed(&gun, &["v1"]);
    stage.generate_signer("alice", &gun);
    let said = stage.adopt_ok(&gun, &repository.trust, "--yes");
    let version = Published::read(&stage.old.stack.server, &gun).version("timestamp");
    let again = stage.adopt_ok(&gun, &repository.trust, "--yes");
    assert!(
        again.contains("no key in these directories can be replaced here"),
        "{again}"
    );
    assert_eq!(to_destroy(&again), to_destroy(&said));
    let now = Published::read(&stage.old.stack.server, &gun).version("timestamp");
    assert_eq!(now, version);
}

#[test]
fn a_root_key_that_another_repository_needs_is_kept() {
    let Some(stage) = Stage::start() else { return };
    let registry = &stage.old.host.registry;
    let [gun, other] = ["demo/one", "demo/other"].map(|name| registry.named(name));
    let repository = stage.old.docker_signed(&gun, &["v1"]);
    // The same user's root key and signer's key serve both.
    let user = &repository.user;
    user.ok(&[
        "trust",
        "signer",
        "add",
        "--key",
        "alice.pub",
        "alice",
        &other,
    ]);
    stage
        .owner
        .ok("--agent desk trust key generate signer-alice");
    let more = "--yes --signer alice=desk:signer-alice";

    let keep = stage.adopt(&gun, &repository.trust, more);
    assert_eq!(keep.status, 0, "{keep:#?}");
    let keys = repository.keys();
    let of_gun = format!("gun: {gun}\n");
    let alone = |path: &PathBuf| fs::read_to_string(path).unwrap().contains(&of_gun);
    let alone: Vec<PathBuf> = key_files(&keys).into_iter().filter(alone).collect();
    assert_eq!(to_destroy(&keep.stdout), alone, "{keep:#?}");
    let (_, root) = keys.iter().find(|(role, _)| role == "root").unwrap();
    let kept = format!("keep {} (root) until {other}", root.display());
    assert!(keep.stderr.contains(&kept), "{keep:#?}");

    // The other can still be used as before, and adopted.
    stage.old.host.docker_sign(user, &other, "v1");
    let said = stage.adopt_ok(&other, &repository.trust, more);
    assert!(to_destroy(&said).contains(root), "{said}");
    stage
        .old
        .docker()
        .trusting_ok(&["pull", &format!("{other}:v1")]);
}
