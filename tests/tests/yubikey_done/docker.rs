//! The root of an image repository (Docker Content Trust) whose key is on a YubiKey: its certificate
//! and its signature are what docker believes.

use privyseal_tests::notary::{TrustAgents, TrustStage};
use serde_json::{Value, json};

use crate::stage::{A, B, Named, Stage};

fn images() -> String {
    let user = nix::unistd::geteuid();
    let authority = TrustAgents::AUTHORITY;
    format!(
        "[[authority]]\nname = \"{authority}\"\ndialect = \"notary\"\nshared_keys = [\"root-*\"]\n\
         [authority.root]\nmax_expiry = \"3660d\"\n\
         attestation = {{ pin = \"always\", touch = \"always\" }}\n\
         [[grant]]\ncallers = [\"uid:{user}\"]\nauthority = \"{authority}\"\nrepositories = [\"**\"]\n\
         roles = [\"root\", \"targets\", \"snapshot\"]\nkeys = [\"**\"]\nopen = true\n"
    )
}

#[test]
fn docker_pulls_what_stands_on_a_root_key_in_a_yubikey() {
    let Some(trust) = TrustStage::start() else {
        return;
    };
    let Some(mut stage) = Stage::with("", &images()) else {
        return;
    };
    stage.client = TrustAgents::configured(stage.client.clone(), &trust.stack);
    pulls_from(&stage, &trust, A, "ecdsa-p256");
    pulls_from(&stage, &trust, B, "rsa-pss-2048");
}

fn pulls_from(stage: &Stage, trust: &TrustStage, named: Named, algorithm: &str) {
    let authority = TrustAgents::AUTHORITY;
    stage.sets_up_from_files(
        named,
        &format!("--images --authority {authority} --repository ** --algorithm {algorithm}"),
    );
    let name = format!("demo/{}", named.name);
    let gun = trust.host.registry.local(&name);
    let root_key = named.name;
    stage.client.ok(&format!(
        "trust key generate targets-{root_key} --role targets --keystore hsm --repository {gun}"
    ));
    let words = format!("trust init {gun} --root-key {root_key} --single-root");
    let abouts = [
        format!("a certificate of key {root_key} for {gun}"),
        format!("root v1 of {gun}"),
    ];
    stage.signs(named, &words, &abouts.each_ref().map(String::as_str), 0);
    let image = trust.host.push(&name, "v1");
    stage.client.ok(&format!("trust sign {gun}:v1"));

    let docker = trust.docker();
    let pulled = docker.trusting_ok(&["pull", &format!("{gun}:v1")]);
    assert!(pulled.contains(&image.digest), "{pulled}");
    let inspected: Value = serde_json::from_str(&docker.ok(&["trust", "inspect", &gun])).unwrap();
    let digest = image.digest.strip_prefix("sha256:").unwrap();
    assert_eq!(
        inspected[0]["SignedTags"][0]["Digest"],
        json!(digest),
        "{inspected}"
    );
    let unsigned = trust.host.push(&name, "v2");
    let refused = docker.trusting(&["pull", &format!("{gun}:{}", unsigned.tag)]);
    assert_ne!(refused.status, 0, "{refused:#?}");
}
