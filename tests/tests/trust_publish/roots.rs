//! Keys of the root: other algorithms, thresholds, rotation, and a token that is lost.

use crate::stage::{Stage, hex, names};

fn all_algorithms_are_taken(roots: [&str; 2], targets: &str) {
    let Some(stage) = Stage::with_roots(roots) else {
        return;
    };
    let gun = stage.gun("demo/kinds");
    let (v1, name) = stage.push("demo/kinds", "v1");
    stage.ok(&format!("sign {name} --algorithm {targets}"));
    let signed = [("v1".to_owned(), hex(&v1), names(&["Repo Admin"]))];
    assert_eq!(stage.signed(&gun), signed);
    assert!(stage.notary().ok(&["list", &gun]).contains(&hex(&v1)));
}

#[test]
fn p384_is_taken() {
    all_algorithms_are_taken(["ecdsa-p384", "ecdsa-p384"], "ecdsa-p384");
}

#[test]
fn rsa_is_taken() {
    all_algorithms_are_taken(["rsa-pss-2048", "rsa-pss-3072"], "rsa-pss-2048");
}

#[test]
fn ed25519_is_taken_for_targets() {
    all_algorithms_are_taken(["ecdsa-p256", "rsa-pss-2048"], "ed25519");
}

#[test]
fn one_token_may_be_lost() {
    let Some(mut stage) = Stage::start() else {
        return;
    };
    let gun = stage.gun("demo/lost");
    let single = stage.run(&format!("init {gun} --root-key desk:root-1"));
    assert_eq!(single.status, 3, "{single:?}");
    assert!(single.stderr.contains("--single-root"), "{single:?}");
    let (v1, name) = stage.push("demo/lost", "v1");
    stage.ok(&format!("init {gun}"));
    stage.ok(&format!("sign {name}"));
    // Before, somebody sees it who will only know this root.
    let docker = stage.docker();
    let notary = stage.notary();
    assert!(notary.ok(&["list", &gun]).contains(&hex(&v1)));
    docker.ok(&["trust", "inspect", &gun]);

    stage.agents.safe.agent.stop();
    stage
        .client
        .ok("--agent desk trust key generate root-3 --role root");
    let rotated = stage.ok(&format!(
        "rotate {gun} root --key desk:root-1 --key desk:root-3 --single-root"
    ));
    assert!(
        rotated.contains("root 2 signed with desk:root-"),
        "{rotated}"
    );
    let (v2, name) = stage.push("demo/lost", "v2");
    stage.ok(&format!("sign {name}"));
    let listed = notary.ok(&["list", &gun]);
    assert!(listed.contains(&hex(&v2)), "{listed}");
    let after = docker.ok(&["trust", "inspect", &gun]);
    assert!(after.contains(&hex(&v2)), "{after}");
}

#[test]
fn every_role_is_rotated_and_old_clients_follow() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/rotate");
    let (v1, name) = stage.push("demo/rotate", "v1");
    stage.ok(&format!("sign {name}"));
    let notary = stage.notary();
    assert!(notary.ok(&["list", &gun]).contains(&hex(&v1)));
    for role in [
        "root",
        "targets",
        "snapshot",
        "timestamp -r",
        "snapshot -r",
        "targets",
    ] {
        let before = stage
            .stack
            .published(&gun)
            .keyids(role.split(' ').next().unwrap());
        stage.ok(&format!("rotate {gun} {role}"));
        let after = stage
            .stack
            .published(&gun)
            .keyids(role.split(' ').next().unwrap());
        assert!(before.iter().all(|id| !after.contains(id)), "{role}");
        assert!(notary.ok(&["list", &gun]).contains(&hex(&v1)), "{role}");
        assert_eq!(stage.signed(&gun).len(), 1, "{role}");
    }
    let (v2, name) = stage.push("demo/rotate", "v2");
    stage.ok(&format!("sign {name}"));
    assert!(notary.ok(&["list", &gun]).contains(&hex(&v2)));
    for (words, says) in [
        ("rotate IMAGE timestamp", "only the trust server"),
        ("rotate IMAGE targets -r", "does not sign targets"),
        ("rotate IMAGE root -k desk:root-1", "--single-root"),
    ] {
        let answer = stage.run(&words.replace("IMAGE", &gun));
        assert!(
            answer.status > 0 && answer.stderr.contains(says),
            "{words}: {answer:?}"
        );
    }
}

#[test]
fn more_than_one_must_sign_where_that_is_wanted() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/two");
    for (agent, key) in [("desk", "t-1"), ("safe", "t-2")] {
        stage.client.ok(&format!(
            "--agent {agent} trust key generate {key} --role targets --repository {gun}"
        ));
    }
    let (v1, name) = stage.push("demo/two", "v1");
    stage.ok(&format!(
        "init {gun} --threshold root=2 --threshold targets=2 --targets-key desk:t-1 --targets-key safe:t-2"
    ));
    let signed = stage.ok(&format!("sign {name}"));
    assert!(
        signed.contains("desk:t-1") && signed.contains("safe:t-2"),
        "{signed}"
    );
    assert!(stage.notary().ok(&["list", &gun]).contains(&hex(&v1)));
    // One of the two is not enough.
    let (_, name) = stage.push("demo/two", "v2");
    let refused = stage.client.run(&format!("--agent desk trust sign {name}"));
    assert_eq!(refused.status, 1, "{refused:?}");
    assert_eq!(stage.signed(&gun).len(), 1);
    let never = stage.run(&format!("init {}x --threshold targets=3", gun));
    assert!(never.stderr.contains("nobody could ever sign"), "{never:?}");
}

#[test]
fn a_root_whose_key_is_elsewhere_waits_as_a_draft() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/waits");
    for (agent, key) in [("desk", "root-1"), ("safe", "root-2")] {
        stage.client.ok(&format!(
            "trust key certificate {agent}:{key} {gun} -o {key}.crt"
        ));
    }
    let waits = stage.client.run(&format!(
        "--agent desk trust init {gun} --root-certificate root-1.crt \
         --root-certificate root-2.crt --threshold root=2"
    ));
    assert_eq!(waits.status, 3, "{waits:?}");
    let draft = "root-1.draft.json";
    assert!(waits.stderr.contains(draft), "{waits:?}");
    let shown = stage.client.ok(&format!("--agent safe draft show {draft}"));
    assert!(shown.contains(&gun), "{shown}");
    stage
        .client
        .ok(&format!("--agent safe draft sign {draft} --yes"));
    let publish = format!("--agent desk trust publish {gun} --draft {draft}");
    stage.client.ok(&publish);
    let (v1, name) = stage.push("demo/waits", "v1");
    stage.client.ok(&format!("--agent desk trust sign {name}"));
    assert_eq!(
        stage.signed(&gun),
        [("v1".to_owned(), hex(&v1), names(&["Repo Admin"]))]
    );
}
