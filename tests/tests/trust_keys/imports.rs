//! Keys that were made elsewhere, and are written to the token.

use std::process::Command;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::certify_request::Kind;
use privyseal_proto::v1::{ImportKeyRequest, Key};
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tests::{openssl, pkcs11_tool, records};

use crate::stage::{GLOB, GUN, IMAGES, Stage, asked, certify, reason};

/// A private key in PKCS#8, and its public half in PEM, of OpenSSL's making.
fn made(stage: &Stage, arguments: &[&str]) -> (Vec<u8>, String) {
    let path = stage.tls.stage.sandbox.join("elsewhere.pem");
    let file = path.to_str().unwrap();
    let der = format!("{file}.der");
    let openssl = |arguments: &[&str]| {
        let ran = Command::new("openssl").args(arguments).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    openssl(&[&["genpkey", "-out", file], arguments].concat());
    openssl(&[
        "pkcs8", "-topk8", "-nocrypt", "-in", file, "-outform", "DER", "-out", &der,
    ]);
    let public = openssl(&["pkey", "-in", file, "-pubout"]);
    (std::fs::read(der).unwrap(), public)
}

fn import(rpc: &Rpc, name: &str, role: &str, repository: &str, key: &[u8]) -> Answer<Key> {
    rpc.wait(rpc.keys_service().import(ImportKeyRequest {
        keystore: "hsm".to_owned(),
        name: name.to_owned(),
        private_key: key.to_vec(),
        authority: IMAGES.to_owned(),
        repository: repository.to_owned(),
        role: role.to_owned(),
    }))
}

const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

impl Stage {
    fn importing() -> Option<Self> {
        let mut stage = Self::new()?;
        stage.rewrite("[[keystore]]\n", "[[keystore]]\nallow_import = true\n");
        stage.tls.stage.agent.restart();
        Some(stage)
    }
}

#[test]
fn an_imported_key_signs_and_does_not_come_out_again() {
    let Some(mut stage) = Stage::importing() else {
        return;
    };
    let kinds = [
        ("p256", &P256[..], "ecdsa-p256"),
        (
            "p384",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            "ecdsa-p384",
        ),
        ("ed", &["-algorithm", "ed25519"], "ed25519"),
        (
            "rsa",
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "rsa-pss-2048",
        ),
    ];
    let operator = stage.operator();
    for (name, kind, algorithm) in kinds {
        let (private, public) = made(&stage, kind);
        let name = format!("signer-{name}");
        let key = import(&operator, &name, "delegation", GUN, &private).unwrap();
        assert_eq!((&*key.algorithm, &*key.public_key), (algorithm, &*public));
        let told = key.protection.unwrap();
        assert!(told.sensitive && !told.extractable, "{told:?}");
        assert!(!told.local && !told.never_extractable, "{told:?}");
        assert!(key.usable);
        let again = import(&operator, "signer-again", "delegation", GUN, &private);
        assert_eq!(reason(again), "NAME_TAKEN");
    }
    let imported = records::events(&operator)
        .into_iter()
        .filter(|event| matches!(event, Event::KeyEnrolled(key) if key.imported && !key.generated));
    assert_eq!(imported.count(), kinds.len());
    // As somebody else reads the token.
    let listed = pkcs11_tool::private_keys(&stage.tls.stage.token);
    let imported = listed.iter().filter(|key| key.contains("signer-"));
    let imported: Vec<_> = imported.collect();
    assert_eq!(imported.len(), kinds.len(), "{listed:?}");
    for key in imported {
        assert!(
            key.contains("sensitive") && !key.contains("extract"),
            "{key}"
        );
        assert!(!key.contains("local"), "{key}");
    }
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    for (name, ..) in kinds {
        let name = format!("signer-{name}");
        let pem = certify(&ci, &name, Kind::Request, "alice").unwrap().pem;
        let path = stage.tls.stage.sandbox.join("request.pem");
        std::fs::write(&path, pem).unwrap();
        let file = path.to_str().unwrap();
        assert!(
            openssl::agrees(&["req", "-in", file, "-noout", "-verify"]),
            "{name}"
        );
        assert_eq!(asked(&ci, &name, "targets/alice", GUN), "JSON_INVALID");
    }
}

#[test]
fn a_key_is_imported_by_operators_where_the_keystore_says_so() {
    let Some(stage) = Stage::new() else { return };
    let (private, _) = made(&stage, &P256);
    let (operator, ci) = (stage.operator(), stage.ci());
    let refused = import(&operator, "signer-a", "delegation", GUN, &private);
    assert_eq!(reason(refused), "IMPORT_NOT_ALLOWED");
    let refused = import(&ci, "team-t", "targets", GUN, &private);
    assert_eq!(reason(refused), "OPERATOR_ONLY");
    assert!(
        pkcs11_tool::private_keys(&stage.tls.stage.token).len() == 1,
        "the ledger's"
    );
}

#[test]
fn what_is_no_key_for_a_token_is_refused_before_it() {
    let Some(stage) = Stage::importing() else {
        return;
    };
    let (operator, ci) = (stage.operator(), stage.ci());
    let (private, _) = made(&stage, &P256);
    let (ed25519, _) = made(&stage, &["-algorithm", "ed25519"]);
    let (p521, _) = made(
        &stage,
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    );
    let (short, _) = made(
        &stage,
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    );
    let garbage = vec![0x30; 10_000];
    for (key, word) in [
        (&[][..], "PKCS#8"),
        (&private[..private.len() - 1], "PKCS#8"),
        (&garbage, "PKCS#8"),
        (&p521, "curve"),
        (&short, "1024"),
    ] {
        let refusal = import(&operator, "signer-a", "delegation", GUN, key).unwrap_err();
        assert_eq!(refusal.reason, "REQUEST_MALFORMED");
        assert!(refusal.message.contains(word), "{refusal:?}");
    }
    let refused = |rpc: &Rpc, name, role, repository, key: &[u8]| {
        reason(import(rpc, name, role, repository, key))
    };
    assert_eq!(
        refused(&operator, "root-a", "root", GUN, &ed25519),
        "KEY_UNSUPPORTED"
    );
    assert_eq!(
        refused(&operator, "team-t", "targets", GLOB, &private),
        "KEY_NOT_SHARED"
    );
    assert_eq!(
        refused(&operator, "x", "timestamp", GUN, &private),
        "REQUEST_MALFORMED"
    );
    assert_eq!(
        refused(&ci, "team-t", "targets", GUN, &private),
        "OPERATOR_ONLY"
    );
    assert!(
        pkcs11_tool::private_keys(&stage.tls.stage.token).len() == 1,
        "the ledger's"
    );
    // Nothing of a private key is in the log.
    let log = stage.tls.stage.agent.log();
    assert!(!log.contains(&hex::encode(&private[40..60])), "{log}");
}
