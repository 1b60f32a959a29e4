//! What is signed, and what is not.

use std::fs;

use privyseal_proto::notary::SignatureRequest;
use privyseal_tests::repository::Repository;
use privyseal_tests::{metadata, setup};
use privyseal_tuf::Sha256Digest;
use tonic::Code;

use crate::content;
use crate::judges;
use crate::stage::{GUN, Stage, id_of};

#[test]
fn openssl_agrees_with_what_is_signed() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    for algorithm in ["ecdsa", "ed25519"] {
        for role in ["snapshot", "timestamp"] {
            let key = server.create(GUN, role, algorithm).unwrap();
            let content = content::of(role, 1, 0);
            let signed = server.sign(&id_of(&key), &content).unwrap();
            assert!(judges::verifies(&key, &content, &signed));
            assert!(!judges::verifies(&key, &content::of(role, 2, 0), &signed));
            assert_eq!(signed.key_info, key.key_info);
            let algorithm = signed.algorithm.unwrap().algorithm;
            assert_eq!(
                algorithm,
                key.key_info.unwrap().algorithm.unwrap().algorithm
            );
        }
    }
    let decisions = stage.decisions();
    assert_eq!(decisions.len(), 4);
    for decision in decisions {
        assert_eq!(decision.repository, GUN);
        assert_eq!(decision.authority, setup::AUTHORITY);
        assert_eq!((decision.version, decision.reissued), (1, false));
        let caller = decision.caller.unwrap();
        assert_eq!(caller.name, "dns:notary-server.example.test");
        assert_eq!(caller.certificate.len(), 32);
    }
    stage.audit();
}

#[test]
fn a_role_that_demands_an_attestation_signs_with_no_other_key() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let (snapshot, timestamp) = {
        let server = stage.server();
        (server.key("snapshot"), server.key("timestamp"))
    };
    let path = stage.tls.stage.agent.config();
    let config = fs::read_to_string(&path).unwrap();
    let name = format!("[[authority]]\nname = \"{}\"\n", setup::AUTHORITY);
    let demand = "snapshot = { max_expiry = \"90d\", attestation = { pin = \"always\" } }\n";
    assert!(config.contains(&name));
    fs::write(&path, config.replace(&name, &format!("{name}{demand}"))).unwrap();
    stage.restart();
    let server = stage.server();
    let refused = server.refused(&snapshot, &content::of("snapshot", 1, 0));
    assert_eq!(refused.1, "ATTESTATION_REQUIRED");
    server
        .sign(&timestamp, &content::of("timestamp", 1, 0))
        .unwrap();
}

#[test]
fn what_is_no_document_of_the_keys_role_is_refused() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let id = server.key("timestamp");
    let good = content::timestamp(1, 0);
    let text = String::from_utf8(good.clone()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    };
    use Code::{FailedPrecondition, InvalidArgument};
    for (content, code, reason) in [
        (Vec::new(), InvalidArgument, "JSON_INVALID"),
        (vec![0xff; 100], InvalidArgument, "JSON_INVALID"),
        (b"no metadata".to_vec(), InvalidArgument, "JSON_INVALID"),
        (
            Sha256Digest::of(&good).as_bytes().to_vec(),
            InvalidArgument,
            "JSON_INVALID",
        ),
        (b"{}".to_vec(), InvalidArgument, "METADATA_INVALID"),
        (b"[]".to_vec(), InvalidArgument, "METADATA_INVALID"),
        (content::snapshot(1, 0), InvalidArgument, "TYPE_MISMATCH"),
        (with("Timestamp", "Root"), InvalidArgument, "TYPE_MISMATCH"),
        (
            with("Timestamp", "timestamp"),
            InvalidArgument,
            "TYPE_MISMATCH",
        ),
        (with("{", "{ "), InvalidArgument, "METADATA_INVALID"),
        (
            with("\"version\":1", "\"version\":0"),
            InvalidArgument,
            "METADATA_INVALID",
        ),
        (
            with("\"version\":1", "\"version\":1.0"),
            InvalidArgument,
            "JSON_NUMBER",
        ),
        (
            with("\"version\":1", "\"version\":1,\"x\":1"),
            InvalidArgument,
            "METADATA_INVALID",
        ),
        (
            with("\"version\":1", "\"version\":1,\"version\":2"),
            InvalidArgument,
            "JSON_DUPLICATE_KEY",
        ),
        (with("Z\"", ".0Z\""), InvalidArgument, "EXPIRY_MALFORMED"),
        (
            content::timestamp_in(1, 0, -1),
            FailedPrecondition,
            "EXPIRY_PAST",
        ),
        (
            content::timestamp_in(1, 0, 16),
            FailedPrecondition,
            "EXPIRY_TOO_FAR",
        ),
        // A document of the other dialect.
        (
            metadata::timestamp(1, 1),
            InvalidArgument,
            "METADATA_INVALID",
        ),
    ] {
        let shown = String::from_utf8_lossy(&content).into_owned();
        let expected = (code, reason.to_owned());
        assert_eq!(server.refused(&id, &content), expected, "{shown}");
    }
    let hex = Sha256Digest::of(&good).to_string();
    let (_, reason) = server.refused(&id, hex.as_bytes());
    assert!(reason.starts_with("JSON_"), "{reason}");
    assert_eq!(stage.calls("C_Sign"), 0);
    assert!(stage.decisions().is_empty());
    // None of it was held against the key.
    server.sign(&id, &good).unwrap();
}

#[test]
fn content_of_a_hundred_mebibytes_is_refused_unread() {
    let Some(stage) = Stage::new() else { return };
    let server = stage.server();
    let id = server.key("timestamp");
    let refusal = server.sign(&id, &vec![b' '; 100 << 20]).unwrap_err();
    assert_eq!(refusal.codes(), (Code::OutOfRange, "DOCUMENT_TOO_LARGE"));
    let refusal = server.sign(&id, &vec![b' '; (10 << 20) + 1]).unwrap_err();
    assert_eq!(refusal.codes(), (Code::OutOfRange, "DOCUMENT_TOO_LARGE"));
    let nobody = SignatureRequest {
        key_id: None,
        content: content::timestamp(1, 0),
    };
    let refusal = server.sign_as(nobody).unwrap_err();
    assert_eq!(
        refusal.codes(),
        (Code::InvalidArgument, "REQUEST_MALFORMED")
    );
    server.sign(&id, &content::timestamp(1, 0)).unwrap();
}

#[test]
fn a_key_signs_its_own_dialect_alone() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    // One repository is published in both dialects.
    stage.configure(|setup| {
        setup.section(
            "[[notary]]\ncallers = [\"dns:both.example.test\"]\nauthority = \"production\"\n\
             repositories = [\"example.org/*\"]\nkeystore = \"hsm\"",
        )
    });
    stage.restart();
    let (server, operator) = (stage.named("both.example.test"), stage.operator());
    let app = Repository::complete(&operator, "app");
    let key = server.create(&app.name, "timestamp", "ecdsa").unwrap();
    let name = stage.listed(&id_of(&key)).unwrap().name;

    // A notary key for documents of the TUF specification.
    let codes = (Code::FailedPrecondition, "KEY_OF_OTHER_LINEAGE");
    for (role, document) in [
        ("timestamp", &metadata::timestamp(2, 1)),
        ("root", &app.first_root),
    ] {
        let refusal = operator.sign(app.request(role, &name, document));
        assert_eq!(refusal.unwrap_err().codes(), codes);
    }

    // A TUF key for documents in notary's dialect: notary knows no such key, by either name.
    for name in [&app.key("timestamp").keyid, &app.key("timestamp").name] {
        let refused = server.refused(name, &content::timestamp(1, 0));
        assert_eq!(refused, (Code::NotFound, "UNKNOWN_KEY".to_owned()));
    }
    assert!(stage.decisions().is_empty());
}
