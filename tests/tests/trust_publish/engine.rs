//! What is signed here is what docker's engine pulls.

use privyseal_tests::engine::Engine;

use crate::stage::{Stage, hex};

#[test]
fn the_engine_pulls_what_is_signed_and_pushes_what_is_new() {
    if !Engine::installed() {
        return;
    }
    let Some(stage) = Stage::start() else { return };
    let engine = Engine::start(&stage.sandbox);
    let gun = stage.gun("demo/engine");
    let docker = || stage.docker().with_engine(&engine);
    let (pushed, v1) = stage.push("demo/engine", "v1");
    let unsigned = docker().trusting(&["pull", &v1]);
    assert_ne!(unsigned.status, 0, "{unsigned:?}");

    stage.ok(&format!("sign {v1}"));
    docker().trusting_ok(&["pull", &v1]);
    let by_digest = format!("{gun}@{}", pushed.digest);
    assert!(
        engine.images().contains(&by_digest),
        "{:?}",
        engine.images()
    );

    // An image that only the engine has is pushed before it is signed.
    let v2 = format!("{gun}:v2");
    docker().ok(&["tag", &v1, &v2]);
    let words = ["trust", "sign", &v2, "--engine", "docker"];
    let mut sign = stage.client.command(words);
    let signed = sign.env("DOCKER_HOST", engine.host()).output().unwrap();
    assert!(signed.status.success(), "{signed:?}");
    let there = stage.images.at(&stage.registry, "demo/engine", "v2");
    let tags = stage.signed(&gun);
    assert_eq!((tags[1].0.as_str(), &tags[1].1), ("v2", &hex(&there)));
    docker().trusting_ok(&["pull", &v2]);

    stage.ok(&format!("revoke {v1}"));
    let refused = docker().trusting(&["pull", &v1]);
    assert_ne!(refused.status, 0, "{refused:?}");
    docker().trusting_ok(&["pull", &v2]);
}
