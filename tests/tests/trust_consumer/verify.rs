//! Tags that are signed, and those that are not.

use privyseal_tests::certificates::Ca;
use privyseal_tests::notary::TrustStage;
use serde_json::Value;

use crate::reader::Reader;

#[test]
fn a_signed_tag_is_verified_and_everything_else_has_its_reason() {
    let Some(mut stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/web");
    let signed = stage.docker_signed(&gun, &["v1", "v2"]);
    let notary = stage.host.registry.named("demo/tool");
    let by_notary = stage.notary_signed(&notary, &["v1"]);
    let reader = Reader::new(&stage.sandbox, "reader", &stage.stack);

    // It is said, once, that nobody pinned anything.
    for says in [true, false] {
        let answer = reader.run(&["verify", &signed.names()[0]]);
        assert_eq!(answer.stderr.contains("first use"), says, "{answer:#?}");
    }
    for (name, image) in signed.names().iter().zip(&signed.tags) {
        let quiet = reader.ok(&["verify", "--quiet", name]);
        assert_eq!(quiet, format!("{gun}@{}\n", image.digest));
        let json: Value = serde_json::from_str(&reader.ok(&["verify", "--json", name])).unwrap();
        assert_eq!(json["digest"], image.digest);
        assert_eq!(json["size"], image.size);
        assert_eq!(json["role"], "targets/releases");
        assert_eq!(json["signers"], serde_json::json!(["alice"]));
        assert_eq!(json["looked_up"], true);
        assert_eq!(json["root"]["trusted_by"], "first-use");
        let text = reader.ok(&["verify", name]);
        assert!(
            text.contains(&image.digest) && text.contains("alice"),
            "{text}"
        );
    }
    let name = &by_notary.names()[0];
    let json: Value = serde_json::from_str(&reader.ok(&["verify", "--json", name])).unwrap();
    assert_eq!(json["digest"], by_notary.tags[0].digest);
    assert_eq!(
        (&json["role"], &json["signers"]),
        (&"targets".into(), &serde_json::json!([]))
    );

    // A digest needs nobody's word.
    let digest = format!("{gun}@sha256:{}", "0".repeat(64));
    assert!(reader.ok(&["verify", &digest]).contains("not looked up"));
    let json: Value = serde_json::from_str(&reader.ok(&["verify", "--json", &digest])).unwrap();
    assert_eq!(
        (&json["verified"], &json["looked_up"]),
        (&true.into(), &false.into())
    );

    reader.refused("demo@sha256:xyz", 1, "failed");

    let unsigned = format!("{gun}:v3");
    stage.host.push("demo/web", "v3");
    reader.refused(&unsigned, 11, "not-signed");
    reader.refused(&gun, 11, "not-signed");
    reader.refused(
        &stage.host.registry.named("demo/nobody:v1"),
        10,
        "no-trust-data",
    );
    let malformed = reader.run(&["verify", "Demo/Web:v1"]);
    assert_eq!(malformed.status, 1, "{malformed:#?}");

    signed
        .user
        .ok(&["trust", "revoke", "--yes", &signed.names()[1]]);
    reader.refused(&signed.names()[1], 11, "not-signed");

    // A server that is not the one it should be.
    let stranger = Reader::new(&stage.sandbox, "stranger", &stage.stack);
    let other = Ca::new(&stage.sandbox, "other");
    let ca = other.path();
    let answer = stranger.run(&[
        "verify",
        "--tls-ca",
        ca.to_str().unwrap(),
        &signed.names()[0],
    ]);
    assert_eq!(answer.status, 1, "{answer:#?}");

    // What was seen serves who saw it.
    stage.stack.server.stop();
    let answer = reader.run(&["verify", "--quiet", &signed.names()[0]]);
    assert_eq!(
        answer.stdout,
        format!("{gun}@{}\n", signed.tags[0].digest),
        "{answer:#?}"
    );
    assert!(answer.stderr.contains("remembered"), "{answer:#?}");
    stranger.refused(&signed.names()[0], 16, "unreachable");
}

#[test]
fn roots_are_followed_and_a_repository_made_anew_is_another_one() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/tool");
    let signed = stage.notary_signed(&gun, &["v1"]);
    let name = &signed.names()[0];
    let (early, docker) = (
        Reader::new(&stage.sandbox, "early", &stage.stack),
        stage.docker(),
    );
    early.ok(&["verify", name]);
    docker.ok(&["trust", "inspect", name]);
    for role in ["root", "targets"] {
        let mut rotate = signed.user.command(&["key", "rotate", &gun, role]);
        let mut child = rotate.stdin(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\n").unwrap();
        assert!(child.wait().unwrap().success());
    }
    let json: Value = serde_json::from_str(&early.ok(&["verify", "--json", name])).unwrap();
    assert_eq!(json["root"]["trusted_version"], 1);
    assert_ne!(json["root"]["version"], 1);
    docker.ok(&["trust", "inspect", name]);

    signed.user.ok(&["delete", &gun, "--remote"]);
    early.refused(name, 17, "invalid");
    let other = stage.stack.notary();
    other.ok(&["init", &gun]);
    other.stage_image(&gun, &signed.tags[0], "targets");
    other.ok(&["publish", &gun]);
    early.refused(name, 15, "pin-mismatch");
    Reader::new(&stage.sandbox, "late", &stage.stack).ok(&["verify", name]);
}
