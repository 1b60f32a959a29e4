//! Signers and delegations.

use crate::stage::{Stage, hex, names};

/// A repository with the signers alice and bob, whose keys are here.
fn with_signers(stage: &Stage, name: &str, algorithms: [&str; 2]) -> String {
    let gun = stage.gun(name);
    for (signer, algorithm) in ["alice", "bob"].into_iter().zip(algorithms) {
        stage.client.ok(&format!(
            "--agent desk trust key generate signer-{signer} --repository ** --algorithm {algorithm}"
        ));
        stage.ok(&format!(
            "signer add {signer} {gun} --key signer-{signer}.pub"
        ));
    }
    gun
}

#[test]
fn a_signer_who_is_removed_signs_no_more_and_no_tag_is_lost() {
    let Some(stage) = Stage::start() else { return };
    let gun = with_signers(&stage, "demo/app", ["ecdsa-p256", "ed25519"]);
    let listed = stage.notary().ok(&["delegation", "list", &gun]);
    for role in ["targets/alice", "targets/bob", "targets/releases"] {
        assert!(listed.contains(role), "{listed}");
    }
    let (v1, name) = stage.push("demo/app", "v1");
    stage.ok(&format!("sign {name}"));
    let both = [("v1".to_owned(), hex(&v1), names(&["alice", "bob"]))];
    assert_eq!(stage.signed(&gun), both);
    // alice signs one that bob does not.
    let (v2, name) = stage.push("demo/app", "v2");
    stage.ok(&format!(
        "sign {name} --roles targets/alice,targets/releases"
    ));
    assert_eq!(
        stage.signed(&gun)[1],
        ("v2".to_owned(), hex(&v2), names(&["alice"]))
    );

    stage.ok(&format!("signer remove alice {gun}"));
    let left = [
        ("v1".to_owned(), hex(&v1), names(&["bob"])),
        // In targets/releases it stays, signed anew with bob's key.
        ("v2".to_owned(), hex(&v2), names(&["Repo Admin"])),
    ];
    assert_eq!(stage.signed(&gun), left);
    let listed = stage.notary().ok(&["delegation", "list", &gun]);
    assert!(
        !listed.contains("alice") && listed.contains("targets/bob"),
        "{listed}"
    );
    let again = stage.run(&format!("signer remove alice {gun}"));
    assert_eq!(again.status, 1, "{again:?}");
    assert!(again.stderr.contains("is no signer"), "{again:?}");

    // The last one takes tags along, unless that is meant.
    let last = stage.run(&format!("signer remove bob {gun}"));
    assert_eq!(last.status, 3, "{last:?}");
    assert!(
        last.stderr.contains("v1") && last.stderr.contains("targets/releases"),
        "{last:?}"
    );
    assert_eq!(stage.signed(&gun), left);
    stage.ok(&format!("signer remove bob {gun} --lose-tags"));
    assert_eq!(stage.signed(&gun), []);
    // And may come back, with what the same key signed before: that is said.
    let back = stage.run(&format!("signer add bob {gun} --key signer-bob.pub"));
    assert_eq!(back.status, 0, "{back:?}");
    assert!(
        back.stderr.contains("v2 of targets/releases counts again"),
        "{back:?}"
    );
    assert_eq!(stage.signed(&gun), left);
    stage.ok(&format!("revoke --yes {gun}"));
    assert_eq!(stage.signed(&gun), []);
}

#[test]
fn names_and_files_that_make_no_signer_are_refused() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/bad");
    stage
        .client
        .ok("--agent desk trust key generate signer-x --repository **");
    let home = stage.client.home().to_owned();
    std::fs::write(home.join("private.pem"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
    std::fs::write(home.join("nothing.pem"), "nothing").unwrap();
    for (words, says) in [
        ("releases IMAGE --key signer-x.pub", "reserved"),
        ("Alice IMAGE --key signer-x.pub", "no name of a signer"),
        ("-a IMAGE --key signer-x.pub", ""),
        ("alice IMAGE --key private.pem", "private key"),
        ("alice IMAGE --key nothing.pem", "neither"),
        ("alice IMAGE --key missing.pem", "missing.pem"),
        ("alice IMAGE:v1:v2 --key signer-x.pub", "no image"),
    ] {
        let answer = stage.run(&format!("signer add {}", words.replace("IMAGE", &gun)));
        assert!(
            answer.status > 0 && answer.stderr.contains(says),
            "{words}: {answer:?}"
        );
    }
    let none = stage.run(&format!("inspect {gun}"));
    assert_ne!(none.status, 0, "{none:?}");
    let untagged = stage.run(&format!("sign {gun}"));
    assert_eq!(untagged.status, 1, "{untagged:?}");
    assert!(
        untagged.stderr.contains("nothing was signed"),
        "{untagged:?}"
    );
    let missing = stage.run(&format!("sign {gun}:v9"));
    assert_eq!(missing.status, 1, "{missing:?}");
}

#[test]
fn delegations_are_staged_and_one_bad_change_spoils_no_other() {
    let Some(stage) = Stage::start() else { return };
    let gun = stage.gun("demo/staged");
    stage.ok(&format!("init {gun}"));
    stage
        .client
        .ok("--agent desk trust key generate signer-qa --repository **");
    stage.ok(&format!(
        "delegation add {gun} targets/qa signer-qa.pub --paths rc-,test-"
    ));
    let sha = "ab".repeat(32);
    stage.ok(&format!(
        "add {gun} rc-1 --sha256 {sha} --size 7 -r targets/qa"
    ));
    stage.ok(&format!(
        "add {gun} v1 --sha256 {sha} --size 7 -r targets/qa"
    ));
    let bad = stage.run(&format!("publish {gun}"));
    assert_eq!(bad.status, 1, "{bad:?}");
    assert!(
        bad.stderr.contains("staged change 3") && bad.stderr.contains("not trusted with v1"),
        "{bad:?}"
    );
    let waiting = stage.ok(&format!("status {gun}"));
    assert_eq!(waiting.lines().count(), 4, "{waiting}");
    stage.ok(&format!("reset {gun} -n 3"));
    stage.ok(&format!("publish {gun}"));
    assert!(stage.ok(&format!("status {gun}")).contains("nothing waits"));
    let notary = stage.notary();
    let listed = notary.ok(&["list", &gun, "--roles", "targets/qa"]);
    assert!(listed.contains("rc-1") && listed.contains(&sha), "{listed}");
    let ours = stage.ok(&format!("delegation list {gun}"));
    assert!(
        ours.contains("rc- test-") && ours.contains("1 of 1"),
        "{ours}"
    );

    stage.ok(&format!(
        "delegation remove {gun} targets/qa --paths test- -p"
    ));
    stage.ok(&format!("witness {gun} targets/qa -p"));
    let listed = notary.ok(&["delegation", "list", &gun]);
    assert!(
        listed.contains("rc-") && !listed.contains("test-"),
        "{listed}"
    );
    let listed = notary.ok(&["list", &gun, "--roles", "targets/qa"]);
    assert!(listed.contains("rc-1"), "{listed}");
    // The only key of it: the delegation goes too, and nothing stands in the way afterwards.
    let listed: serde_json::Value =
        serde_json::from_str(&stage.ok(&format!("delegation list --json {gun}"))).unwrap();
    let key = listed[0]["keys"][0].as_str().unwrap();
    stage.ok(&format!("delegation purge {gun} --key {key} -p"));
    stage.ok(&format!("add {gun} v1 --sha256 {sha} --size 7 -p"));
    assert!(
        notary
            .ok(&["delegation", "list", &gun])
            .contains("No delegations")
    );
}
