//! What a YubiKey proves of its root key goes out with the root, for those who trust nobody here; and
//! a proof of anything else is refused, by the name of what differs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_tests::project::Project;
use privyseal_tests::records;
use virtual_yubikey::{Algorithm, Authority, Lie, PinPolicy, TouchPolicy};

use crate::person::{UNFINISHED, for_repository};
use crate::stage::{A, B, Stage, made_by};

const NAME: &str = "example.org/proved";

#[test]
fn openssl_alone_follows_the_proofs_that_go_out_with_a_root() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let place = for_repository(NAME);
    for named in [A, B] {
        stage.sets_up_from_files(named, &place);
    }
    for key in ["root-c", "online"] {
        stage
            .client
            .ok(&format!("key generate {key} --keystore hsm {place}"));
    }
    let project = Project::new(&stage.sandbox, "project", stage.client.clone());
    project.repo(&format!(
        "init {place} --root root-a root-b root-c --targets online --snapshot online --timestamp online"
    ));
    let proof = stage.sandbox.join("proof");
    let out = project.try_repo(&format!("attestations --out {}", proof.display()));
    // One of the three keys has no proof, and is named.
    assert_eq!(out.status, UNFINISHED, "{out:#?}");
    let readme = fs::read_to_string(proof.join("README.txt")).unwrap();
    assert!(readme.contains("root-c"), "{readme}");
    let commands: Vec<&str> = readme
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("openssl verify "))
        .collect();
    assert_eq!(commands.len(), 2, "{readme}");
    for command in &commands {
        assert!(shell(&proof, command), "{command}");
    }
    for key in ["root-a", "root-b"] {
        let shown: serde_json::Value =
            serde_json::from_str(&stage.client.ok("key list --json")).unwrap();
        let key = shown
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == key)
            .unwrap();
        let public = key["public_key"].as_str().unwrap();
        let leaf = file_of(&proof, key["name"].as_str().unwrap());
        let read = format!("openssl x509 -in {} -noout -pubkey", leaf.display());
        assert_eq!(output(&proof, &read).trim(), public.trim());
    }
    // Another maker's root says nothing for them.
    let other = stage
        .sandbox
        .write("other.pem", Authority::new().root_pem());
    for root in fs::read_dir(&proof)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if root.to_str().unwrap().ends_with("-root.pem") {
            fs::copy(&other, root).unwrap();
        }
    }
    for command in commands {
        assert!(!shell(&proof, command), "{command}");
    }
}

#[test]
fn a_proof_of_anything_else_is_refused_by_the_name_of_what_differs() {
    let Some(stage) = Stage::new() else {
        return;
    };
    stage.sets_up_from_files(A, &for_repository(NAME));
    stage.client.ok("key attest root-a --again");
    let before = proofs(&stage);
    let other = made_by(&stage.maker, A).make_key(
        0x9C,
        Algorithm::P256,
        PinPolicy::Always,
        TouchPolicy::Always,
    );
    let lies = [
        (
            "of another key",
            Lie {
                public_key: Some(other),
                ..Lie::default()
            },
        ),
        (
            "by YubiKey 4711, not YubiKey 21000571",
            Lie {
                serial: Some(4711),
                ..Lie::default()
            },
        ),
        (
            "of slot 9a, not slot 9c",
            Lie {
                slot: Some(0x9A),
                ..Lie::default()
            },
        ),
        (
            "the key was made with",
            Lie {
                policies: Some((PinPolicy::Once, TouchPolicy::Always)),
                ..Lie::default()
            },
        ),
    ];
    for (named, lie) in lies {
        stage.a.lie(lie);
        refused(&stage, named);
    }
    stage.a.lie(Lie::default());

    stage.a.certify_by(&Authority::new());
    refused(&stage, "is no trusted root");
    stage.a.certify_by(&stage.maker);

    // Somebody made another key in the slot meanwhile.
    assert!(stage.a.swap_key(0x9C));
    let answer = stage.client.run("key attest root-a --again");
    assert!(
        answer.status != 0 && answer.stderr.contains("KEY_MISMATCH"),
        "{answer:#?}"
    );
    assert_eq!(proofs(&stage), before);
}

/// The file with the certificate of this key.
fn file_of(directory: &Path, key: &str) -> PathBuf {
    let mut entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let end = format!("{key}-attestation.pem");
    entries
        .find(|path| path.to_str().unwrap().ends_with(&end))
        .unwrap()
}

fn shell(directory: &Path, command: &str) -> bool {
    let ran = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(directory)
        .output();
    ran.unwrap().status.success()
}

fn output(directory: &Path, command: &str) -> String {
    let ran = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(directory)
        .output();
    String::from_utf8(ran.unwrap().stdout).unwrap()
}

fn refused(stage: &Stage, named: &str) {
    let answer = stage.client.run("key attest root-a --again");
    assert_ne!(answer.status, 0, "{named}: {answer:#?}");
    assert!(
        answer.stderr.contains("ATTESTATION_REFUSED"),
        "{named}: {answer:#?}"
    );
    assert!(answer.stderr.contains(named), "{named}: {answer:#?}");
}

/// How many are in the ledger.
fn proofs(stage: &Stage) -> usize {
    let events = records::events(&stage.agent.rpc());
    let attested = events
        .iter()
        .filter(|event| matches!(event, Event::KeyAttested(_)));
    attested.count()
}
