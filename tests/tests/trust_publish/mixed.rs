//! Beside signers with keys in files, on docker and notary.

use crate::stage::{Stage, hex, names};

#[test]
fn signers_on_docker_and_here_sign_one_repository() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/mixed");
    stage
        .client
        .ok("--agent desk trust key generate signer-bob --repository **");
    let bob = stage.client.home().join("signer-bob.pub");
    // docker's owner lets bob sign, whose key is in the token.
    let alice = stage.docker();
    alice.ok(&["trust", "key", "generate", "alice"]);
    alice.ok(&[
        "trust",
        "signer",
        "add",
        "--key",
        "alice.pub",
        "alice",
        &gun,
    ]);
    let file = bob.to_str().unwrap();
    alice.ok(&["trust", "signer", "add", "--key", file, "bob", &gun]);

    let (v1, name) = stage.push("demo/mixed", "v1");
    let unknown = stage.run(&format!("sign {name}"));
    assert_eq!(unknown.status, 4, "{unknown:?}");
    let advice = format!("privyseal --agent desk trust enroll {gun}");
    assert!(
        unknown.stderr.contains("UNKNOWN_LINEAGE") && unknown.stderr.contains(&advice),
        "{unknown:?}"
    );
    let asked = stage.run(&format!("enroll {gun}"));
    assert_eq!(asked.status, 3, "{asked:?}");
    assert!(asked.stdout.contains("the first root is"), "{asked:?}");
    stage
        .client
        .ok(&format!("--agent desk trust enroll --yes {gun}"));
    stage.ok(&format!("sign {name}"));
    assert_eq!(
        stage.signed(&gun),
        [("v1".to_owned(), hex(&v1), names(&["bob"]))]
    );
    // alice signs it too, and bob goes on after her.
    alice.ok(&["trust", "sign", &name]);
    let both = [("v1".to_owned(), hex(&v1), names(&["alice", "bob"]))];
    assert_eq!(stage.signed(&gun), both);
    let (v2, name) = stage.push("demo/mixed", "v2");
    stage.ok(&format!("sign {name}"));
    let now = stage.signed(&gun);
    assert_eq!(now[1], ("v2".to_owned(), hex(&v2), names(&["bob"])));
    // What is alice's stays signed when bob revokes.
    let revoked = stage.run(&format!("revoke {gun}:v1"));
    assert_eq!(revoked.status, 1, "{revoked:?}");
    assert!(
        revoked.stderr.contains("v1 stays signed in targets/alice"),
        "{revoked:?}"
    );
    // Owners' keys are not here: nobody else is let in, and nothing is published.
    let add = stage.run(&format!("signer add mallory {gun} --key signer-bob.pub"));
    assert_eq!(add.status, 1, "{add:?}");
    assert!(add.stderr.contains("targets is not signed"), "{add:?}");
}

#[test]
fn a_repository_of_ours_is_extended_by_notary() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/extended");
    stage.ok(&format!("init {gun} --own-snapshot"));
    let sha = "ab".repeat(32);
    std::fs::write(
        stage.client.home().join("custom.json"),
        "{\"z\": [1, {\"b\": \"<&>\", \"a\": null}], \"a\": \"é\"}",
    )
    .unwrap();
    stage.ok(&format!(
        "add {gun} v1 --sha256 {sha} --size 7 --custom custom.json -p"
    ));
    let notary = stage.notary();
    assert!(notary.ok(&["list", &gun]).contains(&sha));
    stage.ok(&format!("rotate {gun} snapshot -r"));
    // notary's own signer, in a role of its own.
    let key = notary.generate_key("targets/carol");
    stage.ok(&format!(
        "delegation add {gun} targets/carol {} --all-paths -p",
        key.display()
    ));
    notary.ok(&["list", &gun]);
    notary.ok(&[
        "addhash",
        &gun,
        "c1",
        "9",
        "--sha256",
        &sha,
        "-r",
        "targets/carol",
    ]);
    notary.publish_in_the_end(&gun);
    let listed = stage.ok(&format!("list {gun}"));
    assert!(
        listed.contains("c1") && listed.contains("targets/carol"),
        "{listed}"
    );
    stage.ok(&format!("add {gun} v2 --sha256 {sha} --size 8 -p"));
    let again = stage.notary().ok(&["list", &gun]);
    for target in ["v1", "v2", "c1"] {
        assert!(again.contains(target), "{again}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&stage.ok(&format!("list --json {gun}"))).unwrap();
    assert_eq!(json[1]["custom"]["z"][1]["b"], "<&>", "{json}");
}

#[test]
fn a_repository_is_deleted_and_made_anew() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/deleted");
    stage.ok(&format!("init {gun}"));
    let asked = stage.run(&format!("delete --remote {gun}"));
    assert_eq!(asked.status, 3, "{asked:?}");
    stage.ok(&format!("delete --remote --yes {gun}"));
    let gone = stage.notary().run(&["list", &gun]);
    assert_ne!(gone.status, 0, "{gone:?}");
    let twice = stage.run(&format!("init {gun}"));
    assert_eq!(twice.status, 0, "{twice:?}");
    let again = stage.run(&format!("init {gun}"));
    assert_eq!(again.status, 1, "{again:?}");
    assert!(again.stderr.contains("has trust data already"), "{again:?}");
}
