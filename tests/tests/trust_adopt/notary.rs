//! A repository that `notary` made: the user signs its snapshots, too.

use privyseal_tests::notary::Published;

use crate::stage::{Stage, destroy_keys, key_files, to_destroy};

#[test]
fn root_targets_snapshot_and_a_delegation_go_over() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/tool");
    let repository = stage.old.notary_signed(&gun, &["v1", "v2"]);
    repository.delegate("targets/bob");
    let image = stage.old.host.push("demo/tool", "bobs");
    repository.user.stage_image(&gun, &image, "targets/bob");
    repository.user.ok(&["publish", &gun]);
    let before = Published::read(&stage.old.stack.server, &gun);
    let keys = repository.keys();
    stage.generate_signer("bob", &gun);

    let said = stage.adopt_ok(&gun, &repository.trust, "--yes");
    assert_eq!(to_destroy(&said), key_files(&keys), "{said}");
    let after = Published::read(&stage.old.stack.server, &gun);
    for role in ["root", "targets", "snapshot"] {
        let [old, new] = [&before, &after].map(|published| published.keyids(role));
        assert!(
            new.iter().all(|id| !old.contains(id)),
            "{role}: {old:?} {new:?}"
        );
    }
    // The server has the snapshot's key now.
    assert_eq!(after.verified_by("snapshot"), after.keyids("snapshot"));

    destroy_keys(&repository.trust);
    for user in [&repository.user, &stage.old.stack.notary()] {
        let listed = user.ok(&["list", &gun]);
        for image in repository.tags.iter().chain([&image]) {
            let digest = image.digest.strip_prefix("sha256:").unwrap();
            assert!(listed.contains(digest), "{listed}");
        }
        assert!(listed.contains("targets/bob"), "{listed}");
    }
    let docker = stage.old.docker();
    for name in repository.names() {
        docker.trusting_ok(&["pull", &name]);
    }
}

#[test]
fn the_snapshot_goes_to_a_key_of_an_agent_where_one_is_named() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.old.host.registry.named("demo/own");
    let repository = stage.old.notary_signed(&gun, &["v1"]);
    stage.owner.ok(&format!(
        "--agent desk trust key generate own-snapshot --role snapshot --repository {gun}"
    ));
    stage.owner.ok(&format!(
        "--agent desk trust key generate own-targets --role targets --algorithm ecdsa-p384 --repository {gun}"
    ));
    let more = "--yes --snapshot-key desk:own-snapshot --targets-key desk:own-targets";
    stage.adopt_ok(&gun, &repository.trust, more);
    let keyid = |key: &str| {
        let keys = stage.owner.ok("trust key list --json");
        let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
        let keys = keys.as_array().unwrap().iter();
        let found = keys.clone().find(|it| it["name"] == key).unwrap();
        found["keyid"].as_str().unwrap().to_owned()
    };
    let published = Published::read(&stage.old.stack.server, &gun);
    assert_eq!(published.keyids("snapshot"), [keyid("own-snapshot")]);
    assert_eq!(published.keyids("targets"), [keyid("own-targets")]);
    let listed = stage.old.stack.notary().ok(&["list", &gun]);
    assert!(listed.contains("v1"), "{listed}");
    stage
        .old
        .docker()
        .trusting_ok(&["pull", &repository.names()[0]]);
}
