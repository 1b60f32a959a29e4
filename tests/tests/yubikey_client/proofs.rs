//! What others can verify of a key without trusting us: OpenSSL is the judge.

use std::fs;
use std::path::Path;
use std::process::Command;

use privyseal_tests::{openssl, require};
use serde_json::Value;

use crate::stage::{NAME, SERIAL, Stage};

/// Runs the commands that a text gives, in the directory where it says that they work.
fn run_commands(text: &str, directory: &Path) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let commands = lines.filter(|line| line.starts_with("openssl "));
    let said = commands.map(|command| {
        let words: Vec<&str> = command.split(' ').collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    });
    said.collect()
}

#[test]
fn openssl_verifies_what_a_key_is_attested_with() {
    let Some(stage) = Stage::new() else {
        return;
    };
    if !require::program("openssl") {
        return;
    }
    stage.project("--pin-policy once --touch-policy cached");
    let said = stage.operator.ok("key attest root-a --out proof");
    for told in [
        "YubiKey 21000571, firmware 5.7.1",
        "once",
        "cached",
        "9c",
        NAME,
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let directory = stage.operator.home().join("proof");
    let [verified, public] = run_commands(&said, &directory).try_into().unwrap();
    assert!(
        verified.contains("root-a-attestation.pem: OK"),
        "{verified}"
    );
    let shown: Value = serde_json::from_str(&stage.operator.ok("key show root-a --json")).unwrap();
    assert_eq!(shown["public_key"], public.as_str());
    assert_eq!(
        (&shown["pin_policy"], &shown["touch_policy"]),
        (&"once".into(), &"cached".into())
    );
    assert_eq!(shown["attested"], true);
    let listed = stage.operator.ok("key list");
    assert!(listed.contains("PIN once, touch cached"), "{listed}");

    // A foreign root does not.
    let foreign = virtual_yubikey::Authority::new();
    let foreign = stage.sandbox.write("foreign.pem", foreign.root_pem());
    let file = |name: &str| directory.join(name).display().to_string();
    let (chain, leaf) = (
        file("root-a-intermediates.pem"),
        file("root-a-attestation.pem"),
    );
    let foreign = foreign.display().to_string();
    assert!(!openssl::agrees(&[
        "verify",
        "-CAfile",
        &foreign,
        "-untrusted",
        &chain,
        &leaf
    ]));

    let script: Value =
        serde_json::from_str(&stage.operator.ok("key attest root-a --again --json")).unwrap();
    assert_eq!(script["serial"], SERIAL.to_string());
    assert_eq!(script["pin_policy"], "once");
}

#[test]
fn a_token_proves_nothing_and_says_so() {
    let Some(stage) = Stage::new() else {
        return;
    };
    stage.project("");
    let refused = stage.operator.run("key attest targets");
    assert!(
        refused.status != 0 && refused.stderr.contains("NO_ATTESTATION"),
        "{refused:#?}"
    );
}

#[test]
fn each_root_key_goes_out_with_its_proof_or_the_reason_why_not() {
    let Some(stage) = Stage::new() else {
        return;
    };
    if !require::program("openssl") {
        return;
    }
    let project = stage.project("");
    let out = stage.sandbox.join("out");
    let words = format!("attestations --out {}", out.display());
    project.repo(&words);
    let readme = fs::read_to_string(out.join("README.txt")).unwrap();
    assert!(
        readme.contains("root 1 of example.org/app, 1 of 1 keys"),
        "{readme}"
    );
    let said = run_commands(&readme, &out);
    assert!(said.len() == 2 && said[0].contains("OK"), "{said:?}");

    project.generate(NAME, "root-b", "");
    project.repo("rotate root --add root-b");
    let answer = project.try_repo(&words);
    assert_eq!(answer.status, 3, "{answer:#?}");
    let readme = fs::read_to_string(out.join("README.txt")).unwrap();
    assert!(readme.contains("2 keys") && readme.contains("WITHOUT PROOF: default:root-b: "));
    assert_eq!(run_commands(&readme, &out).len(), 2);
}

#[test]
fn what_only_a_yubikey_takes_is_refused_for_a_token() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let answer = stage.operator.run(
        "key generate other --keystore hsm --authority production --repository example.org/app --slot 9a",
    );
    assert!(
        answer.status == 1 && answer.stderr.contains("is no YubiKey"),
        "{answer:#?}"
    );
}
