//! An image is signed with keys in tokens alone, and pulled by whoever has docker.

use privyseal_tests::images::{Image, Images};
use privyseal_tests::notary::Notary;
use serde_json::{Value, json};

use crate::stage::{Stage, pulls, refuses};

#[test]
fn whatever_the_algorithms_docker_pulls_what_was_signed_and_nothing_else() {
    let Some(stage) = Stage::start() else {
        return;
    };
    for (name, root, targets) in [
        ("p256", "ecdsa-p256", "ecdsa-p256"),
        ("p384", "ecdsa-p384", "ecdsa-p384"),
        ("rsa", "rsa-pss-2048", "rsa-pss-3072"),
        ("ed25519", "ecdsa-p256", "ed25519"),
    ] {
        let gun = stage.trust.host.registry.local(&format!("demo/{name}"));
        stage.roots(name, root, &gun);
        generate_targets(&stage, name, targets, &gun);
        walk(&stage, &gun, &format!("targets-{name}"));
        walk_with_signer(&stage, &gun, name, targets);
    }
}

#[test]
fn with_a_trust_server_whose_certificate_is_verified() {
    let Some(stage) = Stage::start() else {
        return;
    };
    let gun = stage.trust.host.registry.named("demo/web");
    stage.roots("named", "ecdsa-p256", "**");
    let image = stage.push(&gun, "v1");
    // The registry's name resolves for the engine alone.
    let (digest, size) = (&image.digest, image.size);
    stage.client.ok(&format!(
        "trust sign {gun}:v1 --digest {digest} --size {size}"
    ));
    pulls(&stage.docker(), &gun, &image);
}

fn generate_targets(stage: &Stage, name: &str, algorithm: &str, gun: &str) {
    let what = format!("trust key generate targets-{name} --role targets");
    let how = format!("--algorithm {algorithm} --repository {gun}");
    stage.client.ok(&format!("--agent desk {what} {how}"));
}

/// Signs one of two tags, looks at it with everybody's eyes, and revokes it.
fn walk(stage: &Stage, gun: &str, targets: &str) {
    let [signed, unsigned] = ["v1", "v2"].map(|tag| stage.push(gun, tag));
    stage.client.ok(&format!("trust sign {gun}:v1"));

    let consumer = stage.docker();
    pulls(&consumer, gun, &signed);
    refuses(&consumer, gun, &unsigned.tag);
    is_shown(stage, gun, &signed, targets);

    // A tag is moved to another image, which is pulled only once it is signed.
    let other = stage.push(gun, "v1");
    let pulled = consumer.trusting_ok(&["pull", &format!("{gun}:v1")]);
    assert!(pulled.contains(&signed.digest), "{pulled}");
    stage.client.ok(&format!("trust sign {gun}:v1"));
    pulls(&consumer, gun, &other);

    stage.client.ok(&format!("trust revoke {gun}:v1 --yes"));
    refuses(&consumer, gun, "v1");
    refuses(&stage.docker(), gun, "v1");
}

/// Has a signer with a key in the token sign, and looks at what the others say of it.
fn walk_with_signer(stage: &Stage, gun: &str, name: &str, algorithm: &str) {
    let signer = format!("signer-{name}");
    let make = format!("--agent desk trust key generate {signer} --algorithm {algorithm}");
    stage.client.ok(&make);
    let add = format!("trust signer add {signer} {gun} --key {signer}.pub");
    stage.client.ok(&add);
    let image = stage.push(gun, "v3");
    stage.client.ok(&format!("trust sign {gun}:v3"));

    pulls(&stage.docker(), gun, &image);
    let delegations = stage.trust.stack.notary().ok(&["delegation", "list", gun]);
    let key = keyid(stage, &signer);
    for role in [format!("targets/{signer}"), "targets/releases".to_owned()] {
        let line = delegations
            .lines()
            .find(|line| line.trim_start().starts_with(&role));
        assert!(
            line.is_some_and(|line| line.contains(&key)),
            "{delegations}"
        );
    }
    let inspected = stage
        .docker()
        .ok(&["trust", "inspect", &format!("{gun}:v3")]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let signers = &inspected[0]["SignedTags"][0]["Signers"];
    assert_eq!(*signers, json!([signer]), "{inspected}");
    stage.client.ok(&format!("trust revoke {gun}:v3 --yes"));
    refuses(&stage.docker(), gun, "v3");
}

fn is_shown(stage: &Stage, gun: &str, image: &Image, targets: &str) {
    let digest = image.digest.strip_prefix("sha256:").unwrap();
    let docker = stage.docker();
    let pretty = docker.ok(&["trust", "inspect", "--pretty", gun]);
    let line = pretty.lines().find(|line| line.starts_with("v1 "));
    assert!(line.is_some_and(|line| line.contains(digest)), "{pretty}");
    let key = keyid(stage, targets);
    assert!(
        pretty.contains(&format!("Repository Key:\t{key}")),
        "{pretty}"
    );
    let inspected: Value = serde_json::from_str(&docker.ok(&["trust", "inspect", gun])).unwrap();
    let tags = &inspected[0]["SignedTags"];
    assert_eq!(tags[0]["SignedTag"], json!("v1"), "{inspected}");
    assert_eq!(tags[0]["Digest"], json!(digest), "{inspected}");

    let notary: Notary = stage.trust.stack.notary();
    let listed = notary.ok(&["list", gun]);
    assert!(listed.contains(digest), "{listed}");
    assert!(listed.contains(&image.size.to_string()), "{listed}");
    let host = &stage.trust.host;
    let (_, repository) = gun.split_once('/').unwrap();
    let manifest = notary.home().join("manifest");
    std::fs::write(
        &manifest,
        Images::manifest(&host.registry, repository, "v1"),
    )
    .unwrap();
    let file = manifest.to_str().unwrap();
    notary.ok(&["verify", gun, "v1", "--input", file, "--quiet"]);
    std::fs::write(&manifest, "another").unwrap();
    let refused = notary.run(&["verify", gun, "v1", "--input", file, "--quiet"]);
    assert_ne!(refused.status, 0, "{refused:#?}");
}

/// The canonical id of a key, as its agent says it.
pub(crate) fn keyid(stage: &Stage, name: &str) -> String {
    let listed: Value = serde_json::from_str(&stage.client.ok("trust key list --json")).unwrap();
    let mut keys = listed.as_array().unwrap().iter();
    let key = keys.find(|key| key["name"] == name);
    let key = key.unwrap_or_else(|| panic!("no {name} in {listed:#}"));
    key["keyid"].as_str().unwrap().to_owned()
}
