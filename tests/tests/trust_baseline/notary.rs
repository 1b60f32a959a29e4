//! `notary`, and both command lines on one repository.

use privyseal_tests::notary::TrustStage;

#[test]
fn notary_lists_verifies_and_delegates_what_docker_pulls() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/web");
    let signed = stage.notary_signed(&gun, &["v1", "v2"]);
    let consumer = stage.stack.notary();
    let listed = consumer.ok(&["list", &gun]);
    for image in &signed.tags {
        let digest = image.digest.strip_prefix("sha256:").unwrap();
        let line = listed.lines().find(|line| line.starts_with(&image.tag));
        let line = line.unwrap_or_else(|| panic!("{listed}"));
        assert!(line.contains(digest), "{line}");
        assert!(line.contains(&image.size.to_string()), "{line}");
        assert!(line.ends_with("targets"), "{line}");
    }
    for (name, image) in signed.names().iter().zip(&signed.tags) {
        let pulled = stage.docker().trusting_ok(&["pull", name]);
        assert!(pulled.contains(&image.digest), "{pulled}");
    }

    // A file, which `notary verify` holds against its name.
    let user = &signed.user;
    user.stage(&gun, "file", b"content");
    user.ok(&["publish", &gun]);
    let home = consumer.home();
    std::fs::write(home.join("good"), b"content").unwrap();
    std::fs::write(home.join("bad"), b"contents").unwrap();
    consumer.ok(&["verify", &gun, "file", "--input", "good"]);
    let refused = consumer.run(&["verify", &gun, "file", "--input", "bad"]);
    assert_ne!(refused.status, 0, "{refused:#?}");

    signed.delegate("targets/releases");
    let delegations = consumer.ok(&["delegation", "list", &gun]);
    assert!(delegations.contains("targets/releases"), "{delegations}");
    let third = stage.host.push("demo/web", "v3");
    user.stage_image(&gun, &third, "targets/releases");
    user.ok(&["publish", &gun]);
    let name = format!("{gun}:v3");
    let pulled = stage.docker().trusting_ok(&["pull", &name]);
    assert!(pulled.contains(&third.digest), "{pulled}");
}

#[test]
fn the_keys_of_both_are_files_with_their_roles() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/docker");
    let of_docker = stage.docker_signed(&gun, &["v1"]);
    let roles: Vec<_> = of_docker.keys().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["alice", "root", "targets"]);
    let gun = stage.host.registry.named("demo/notary");
    let of_notary = stage.notary_signed(&gun, &["v1"]);
    of_notary.delegate("targets/bob");
    let roles: Vec<_> = of_notary.keys().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["root", "snapshot", "targets", "targets/bob"]);
    for role in ["root", "targets"] {
        assert!(of_docker.metadata(role).is_file());
        assert!(of_notary.metadata(role).is_file());
    }
}
