//! Signers of both worlds in one repository: one with docker and a file, one with Privy Seal.

use std::fs;

use serde_json::{Value, json};

use crate::stage::{Stage, pulls};

#[test]
fn one_signs_with_docker_and_one_with_privy_seal() {
    let Some(stage) = Stage::start() else {
        return;
    };
    let gun = stage.trust.host.registry.local("demo/web");
    stage.roots("mixed", "ecdsa-p256", "**");
    // Alice's key is a file of docker's, Bob's is in the token.
    let alice = stage.docker();
    alice.ok(&["trust", "key", "generate", "alice"]);
    let public = alice.config().join("alice.pub");
    fs::copy(public, stage.client.home().join("alice.pub")).unwrap();
    stage
        .client
        .ok("--agent desk trust key generate signer-bob");
    for (name, key) in [("alice", "alice.pub"), ("bob", "signer-bob.pub")] {
        stage
            .client
            .ok(&format!("trust signer add {name} {gun} --key {key}"));
    }

    let by_bob = stage.push(&gun, "v1");
    stage.client.ok(&format!("trust sign {gun}:v1"));
    let by_alice = stage.trust.host.docker_sign(&alice, &gun, "v2");
    let both = stage.trust.host.docker_sign(&alice, &gun, "v3");
    stage.client.ok(&format!("trust sign {gun}:v3"));

    let consumer = stage.docker();
    for image in [&by_bob, &by_alice, &both] {
        pulls(&consumer, &gun, image);
    }
    for (tag, signers) in [
        ("v1", json!(["bob"])),
        ("v2", json!(["alice"])),
        ("v3", json!(["alice", "bob"])),
    ] {
        let name = format!("{gun}:{tag}");
        for said in [
            stage.docker().ok(&["trust", "inspect", &name]),
            stage.client.ok(&format!("trust inspect {name}")),
        ] {
            let said: Value = serde_json::from_str(&said).unwrap();
            let mut found = said[0]["SignedTags"][0]["Signers"].clone();
            found.as_array_mut().unwrap().sort_by_key(Value::to_string);
            assert_eq!(found, signers, "{tag} {said}");
        }
    }

    // Each revokes its own, and what the other signed stays.
    alice.ok(&["trust", "revoke", "--yes", &format!("{gun}:v2")]);
    assert_ne!(
        stage
            .docker()
            .trusting(&["pull", &format!("{gun}:v2")])
            .status,
        0
    );
    stage
        .client
        .ok(&format!("trust signer remove alice {gun} --force"));
    pulls(&stage.docker(), &gun, &by_bob);
    pulls(&stage.docker(), &gun, &both);
    let left = stage.docker().ok(&["trust", "inspect", &gun]);
    assert!(!left.contains("alice"), "{left}");
    // She can sign no more.
    let refused = alice.run(&["trust", "sign", &format!("{gun}:v3")]);
    assert_ne!(refused.status, 0, "{refused:#?}");
}
