//! Keys that are made in the token.

use std::fs;

use crate::stage::{Stage, openssl};

const GUN: &str = "reg.example.test/demo/web";

#[test]
fn a_signers_public_key_is_what_docker_and_notary_add() {
    let Some(stage) = Stage::start() else { return };
    let said = stage.ok("generate signer-alice");
    assert!(
        said.contains("its public key is in ./signer-alice.pub"),
        "{said}"
    );
    let file = stage.path("signer-alice.pub");
    let public = fs::read_to_string(&file).unwrap();
    assert!(
        public.starts_with("-----BEGIN PUBLIC KEY-----\nrole: signer-alice\n\n"),
        "{public}"
    );
    assert_eq!(stage.ok("export signer-alice"), public);
    let listed = stage.listed("signer-alice").unwrap();
    assert_eq!(listed["role"], "delegation");
    assert_eq!(listed["made_on_device"], true);
    let keyid = listed["keyid"].as_str().unwrap();

    // docker shows the canonical id.
    let docker = stage.stack.docker();
    let key = file.to_str().unwrap();
    docker.ok(&["trust", "signer", "add", "--key", key, "alice", GUN]);
    let inspected = docker.ok(&["trust", "inspect", "--pretty", GUN]);
    assert!(inspected.contains(&keyid[..12]), "{inspected} {keyid}");

    let notary = stage.stack.notary();
    let gun = "reg.example.test/demo/notary";
    notary.ok(&["init", gun]);
    notary.ok(&[
        "delegation",
        "add",
        gun,
        "targets/alice",
        key,
        "--all-paths",
        "--publish",
    ]);
    let delegations = notary.ok(&["delegation", "list", gun]);
    assert!(delegations.contains(keyid), "{delegations}");

    // Nothing is written over, and nothing made for it.
    let again = stage.run("generate signer-alice");
    again.assert_refused(1, "is there already");
    for name in ["releases", "Alice", "a/b", "-a"] {
        let refused = stage.run(&format!("generate -- {name}"));
        assert_eq!(refused.status, 1, "{refused:#?}");
        assert!(!stage.path(&format!("{name}.pub")).exists());
    }
}

#[test]
fn certificates_and_requests_are_what_docker_notary_and_openssl_take() {
    let Some(stage) = Stage::start() else { return };
    for (name, algorithm, label) in [
        ("signer-a", "ecdsa-p256", "ecdsa-with-SHA256"),
        ("signer-b", "ecdsa-p384", "ecdsa-with-SHA256"),
        ("signer-c", "rsa-pss-2048", "rsassaPss"),
    ] {
        stage.ok(&format!("generate {name} --algorithm {algorithm}"));
        stage.ok(&format!("certificate {name} -o {name}.pem --days 30"));
        let path = stage.path(&format!("{name}.pem")).display().to_string();
        let text = openssl(&format!("x509 -in {path} -noout -text"));
        assert!(
            text.contains(label) && text.contains(&format!("CN = {name}")),
            "{text}"
        );
        assert!(
            text.contains("CA:FALSE") && text.contains("Code Signing"),
            "{text}"
        );
        openssl(&format!("verify -check_ss_sig -CAfile {path} {path}"));

        let docker = stage.stack.docker();
        let gun = format!("reg.example.test/demo/{name}");
        docker.ok(&["trust", "signer", "add", "--key", &path, name, &gun]);
        let keyid = stage.listed(name).unwrap()["keyid"]
            .as_str()
            .unwrap()
            .to_owned();
        let delegations = stage.stack.notary().ok(&["delegation", "list", &gun]);
        assert!(delegations.contains(&keyid), "{delegations}");

        stage.ok(&format!("csr {name} somebody -o {name}.csr"));
        let request = stage.path(&format!("{name}.csr")).display().to_string();
        let text = openssl(&format!("req -in {request} -noout -verify -text"));
        assert!(text.contains("CN = somebody"), "{text}");
        let again = stage.run(&format!("csr {name} -o {name}.csr"));
        again.assert_refused(1, "is there already");
    }
    stage.ok("generate root-9 --role root");
    let refused = stage.run("certificate root-9");
    refused.assert_refused(1, "is for many repositories");
    let certificate = stage.ok(&format!("certificate root-9 {GUN}"));
    let path = stage.private("root.pem", certificate.as_bytes());
    let text = openssl(&format!("x509 -in {} -noout -subject", path.display()));
    assert!(text.contains(GUN), "{text}");
}

#[test]
fn keys_are_listed_and_removed_until_they_have_signed() {
    let Some(stage) = Stage::start() else { return };
    stage.ok(&format!(
        "generate app-targets --role targets --repository {GUN}"
    ));
    let unnamed = stage.run("generate other --role targets");
    unnamed.assert_refused(1, "give --repository");
    stage.ok("generate signer-b");
    let table = stage.ok("list");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("ROLE"), "{table}");
    let of = |name: &str| {
        lines
            .iter()
            .any(|line| line.contains(&format!("desk:{name} on")))
    };
    assert!(of("app-targets") && of("signer-b"), "{table}");
    assert!(!stage.ok("list --role targets").contains("signer-b"));

    let unsure = stage.run("remove signer-b");
    unsure.assert_refused(3, "nothing was removed");
    stage.ok("remove desk:signer-b --yes");
    assert!(stage.listed("signer-b").is_none());
    stage
        .run("remove signer-b --yes")
        .assert_refused(1, "no agent lists a key signer-b");
}
