//! `docker` with `DOCKER_CONTENT_TRUST=1` and `docker trust`.

use privyseal_tests::notary::TrustStage;
use serde_json::Value;

#[test]
fn a_signed_tag_is_pulled_by_its_digest_until_it_is_revoked() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    // With the certificate of the trust server verified, and without.
    let registry = &stage.host.registry;
    for gun in [registry.named("demo/web"), registry.local("demo/app")] {
        let (repository, unsigned) = (gun.split_once('/').unwrap().1, format!("{gun}:v3"));
        let signed = stage.docker_signed(&gun, &["v1", "v2"]);
        stage.host.push(repository, "v3");

        let consumer = stage.docker();
        for (name, image) in signed.names().iter().zip(&signed.tags) {
            let pulled = consumer.trusting_ok(&["pull", name]);
            assert!(pulled.contains(&image.digest), "{pulled}");
            let said = consumer.trusting_ok(&["run", "--rm", name]);
            assert_eq!(said.trim_end(), image.says);
        }
        // Another image under a signed tag: what was signed is pulled all the same.
        let other = stage.host.push(repository, "v1");
        let name = &signed.names()[0];
        let pulled = consumer.trusting_ok(&["pull", name]);
        assert!(pulled.contains(&signed.tags[0].digest), "{pulled}");
        assert!(!pulled.contains(&other.digest), "{pulled}");

        let refused = consumer.trusting(&["pull", &unsigned]);
        assert_ne!(refused.status, 0, "{refused:#?}");
        assert!(refused.stderr.contains("No valid trust data for v3"));
        consumer.ok(&["pull", &unsigned]);

        signed.user.ok(&["trust", "revoke", "--yes", name]);
        let refused = consumer.trusting(&["pull", name]);
        assert_ne!(refused.status, 0, "{refused:#?}");
        consumer.trusting_ok(&["pull", &signed.names()[1]]);
    }
}

#[test]
fn a_push_signs_and_a_first_signature_makes_a_repository() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let registry = &stage.host.registry;
    let alice = stage.docker();
    let pushed = registry.named("demo/pushed");
    let image = stage.host.push("demo/source", "v1");
    let source = registry.named("demo/source:v1");
    alice.ok(&["pull", &source]);
    let name = format!("{pushed}:v1");
    alice.ok(&["tag", &source, &name]);
    alice.trusting_ok(&["push", &name]);
    let listed = stage.stack.notary().ok(&["list", &pushed]);
    let signed = stage.host.at(&pushed, "v1");
    let digest = signed.digest.strip_prefix("sha256:").unwrap();
    assert!(listed.contains(digest), "{listed}");
    assert!(listed.contains(&signed.size.to_string()), "{listed}");
    assert_eq!(
        stage.docker().trusting_ok(&["run", "--rm", &name]).trim(),
        image.says
    );

    let host = registry.named("");
    alice.log_in(host.trim_end_matches('/'), "alice");
    let first = registry.named("demo/first:v1");
    alice.ok(&["tag", &source, &first]);
    alice.ok(&["trust", "sign", &first]);
    let inspected = stage.docker().ok(&["trust", "inspect", &first]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let tag = &inspected[0]["SignedTags"][0];
    assert_eq!(tag["Signers"], serde_json::json!(["alice"]), "{inspected}");
}

#[test]
fn the_certificate_of_the_trust_server_is_verified_except_for_localhost() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let registry = &stage.host.registry;
    let [named, local] = [registry.named("demo/web"), registry.local("demo/web")];
    for gun in [&named, &local] {
        drop(stage.docker_signed(gun, &["v1"]));
    }
    let stranger = stage.docker();
    std::fs::remove_dir_all(stranger.config().join("tls")).unwrap();
    let refused = stranger.trusting(&["pull", &format!("{named}:v1")]);
    assert_ne!(refused.status, 0, "{refused:#?}");
    assert!(refused.stderr.contains("x509"), "{refused:#?}");
    stranger.trusting_ok(&["pull", &format!("{local}:v1")]);
}

#[test]
fn inspect_shows_signers_and_tags() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/web");
    let signed = stage.docker_signed(&gun, &["v1"]);
    let digest = signed.tags[0].digest.strip_prefix("sha256:").unwrap();
    let pretty = stage.docker().ok(&["trust", "inspect", "--pretty", &gun]);
    let line = format!("v1           {digest}   alice");
    assert!(pretty.contains(&line), "{pretty}");
    for part in ["Repository Key:", "Root Key:", "List of signers"] {
        assert!(pretty.contains(part), "{pretty}");
    }
    let unknown = format!("{gun}-unknown");
    let inspected = stage.docker().run(&["trust", "inspect", &unknown]);
    assert_eq!(inspected.status, 1, "{inspected:#?}");
}
