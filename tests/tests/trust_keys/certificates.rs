//! Certificates and requests, as OpenSSL and the model judge them, and who gets which.

use std::path::PathBuf;
use std::process::Command;

use privyseal_proto::ledger::v1::{KeyCertified, record::Event};
use privyseal_proto::v1::GenerateKeyRequest;
use privyseal_proto::v1::certify_request::Kind;
use privyseal_tests::openssl;
use privyseal_tests::records::events;
use privyseal_tests::wait;
use privyseal_tuf::Key as TufKey;

use crate::stage::{GLOB, GUN, Stage, certify, certify_for, reason, wanted};

const ALGORITHMS: [&str; 4] = ["ecdsa-p256", "ecdsa-p384", "rsa-pss-2048", "rsa-pss-3072"];

fn openssl_text(arguments: &[&str]) -> String {
    let ran = Command::new("openssl").args(arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

impl Stage {
    fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.tls.stage.sandbox.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn make(&self, name: &str, role: &str, repository: &str, algorithm: &str) {
        let request = GenerateKeyRequest {
            algorithm: algorithm.to_owned(),
            ..wanted(name, role, repository)
        };
        self.operator().generate_as(request).unwrap();
    }
}

#[test]
fn a_root_key_certifies_itself_as_notary_does() {
    let Some(stage) = Stage::new() else { return };
    let ci = stage.ci();
    for algorithm in ALGORITHMS {
        let name = format!("root-{algorithm}");
        stage.make(&name, "root", GUN, algorithm);
        let pem = certify(&ci, &name, Kind::Certificate, GUN).unwrap().pem;
        let file = stage.write(&format!("{name}.pem"), &pem);
        let text = openssl_text(&["x509", "-in", &file, "-noout", "-text"]);
        for part in [
            "Version: 3",
            &format!("Issuer: CN = {GUN}"),
            &format!("Subject: CN = {GUN}"),
            "X509v3 Key Usage: critical",
            "Digital Signature",
            "Code Signing",
            "CA:FALSE",
        ] {
            assert!(text.contains(part), "{algorithm}: {part}: {text}");
        }
        let is_rsa = algorithm.starts_with("rsa");
        assert_eq!(text.contains("Key Encipherment"), is_rsa, "{text}");
        let signed_by = match is_rsa {
            true => "rsassaPss",
            false => "ecdsa-with-SHA256",
        };
        assert!(text.contains(signed_by), "{text}");
        // It verifies under its own key, now and in nine years, and not in eleven.
        let verify = |years: i64| {
            let now = jiff::Timestamp::now().as_second();
            let at = (now + years * 365 * 86_400).to_string();
            openssl::agrees(&[
                "verify",
                "-attime",
                &at,
                "-check_ss_sig",
                "-partial_chain",
                "-trusted",
                &file,
                &file,
            ])
        };
        assert!(verify(0) && verify(9) && !verify(11), "{algorithm}");
        // The key in it is the token's.
        let public = openssl_text(&["x509", "-in", &file, "-noout", "-pubkey"]);
        let listed = stage.listed(&name);
        assert_eq!(public, listed.public_key);
        let key = TufKey::of_certificate(pem.as_bytes()).unwrap();
        assert_eq!(key.canonical_keyid().unwrap().to_string(), listed.keyid);
        let certificate = key.certificate().unwrap();
        assert_eq!(certificate.common_name, GUN);
        assert!(!certificate.is_ca && !certificate.is_weak);
        // Another one is another certificate of the same key.
        let other = certify(&ci, &name, Kind::Certificate, GUN).unwrap().pem;
        let other = TufKey::of_certificate(other.as_bytes()).unwrap();
        assert_ne!(key.keyid(), other.keyid());
        assert_eq!(key.canonical_keyid(), other.canonical_keyid());
    }
}

#[test]
fn a_request_is_one_that_an_authority_takes() {
    let Some(stage) = Stage::new() else { return };
    let ci = stage.ci();
    let ca = stage.tls.callers.path();
    assert!(ca.exists());
    for algorithm in ["ecdsa-p256", "ecdsa-p384", "rsa-pss-2048", "ed25519"] {
        let name = format!("signer-{algorithm}");
        stage.make(&name, "delegation", GUN, algorithm);
        let pem = certify(&ci, &name, Kind::Request, "Alice Ünlü, R&D")
            .unwrap()
            .pem;
        let file = stage.write(&format!("{name}.csr"), &pem);
        assert!(
            openssl::agrees(&["req", "-in", &file, "-noout", "-verify"]),
            "{algorithm}"
        );
        let subject = openssl_text(&[
            "req",
            "-in",
            &file,
            "-noout",
            "-subject",
            "-nameopt",
            "utf8,sname,sep_comma_plus",
        ]);
        assert!(subject.contains("Alice Ünlü"), "{subject}");
        let public = openssl_text(&["req", "-in", &file, "-noout", "-pubkey"]);
        assert_eq!(public, stage.listed(&name).public_key);
        // And a certificate of its own: an Ed25519 key may have one for a delegation.
        let pem = certify(&ci, &name, Kind::Certificate, "alice").unwrap().pem;
        let file = stage.write(&format!("{name}.pem"), &pem);
        assert!(openssl::agrees(&[
            "verify",
            "-check_ss_sig",
            "-partial_chain",
            "-trusted",
            &file,
            &file
        ]));
    }
}

#[test]
fn a_certificate_is_for_a_repository_of_key_and_grant() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.make("root-a", "root", GLOB, "ecdsa-p256");
    stage.make("root-b", "root", GUN, "ecdsa-p256");
    stage.make("signer-a", "delegation", GUN, "ecdsa-p256");
    stage.make("team-t", "targets", GUN, "ecdsa-p256");
    stage.make("team-s", "snapshot", GUN, "ecdsa-p256");
    let (ci, other, operator) = (stage.ci(), stage.other(), stage.operator());
    let beside = "reg.example.test/team/web";
    let refused = |rpc, key, name| reason(certify(rpc, key, Kind::Certificate, name));
    certify(&ci, "root-a", Kind::Certificate, beside).unwrap();
    assert_eq!(refused(&ci, "root-b", beside), "KEY_OF_OTHER_LINEAGE");
    assert_eq!(
        refused(&ci, "root-a", "reg.example.test/other/app"),
        "NO_GRANT"
    );
    assert_eq!(refused(&ci, "root-a", "elsewhere.test/x"), "NO_GRANT");
    assert_eq!(
        refused(&other, "root-a", "elsewhere.test/x"),
        "KEY_OF_OTHER_LINEAGE"
    );
    assert_eq!(refused(&other, "root-b", GUN), "UNKNOWN_KEY");
    assert_eq!(refused(&ci, "nobody", GUN), "UNKNOWN_KEY");
    assert_eq!(refused(&ci, "team-t", GUN), "KEY_OF_OTHER_ROLE");
    assert_eq!(refused(&ci, "team-s", GUN), "KEY_OF_OTHER_ROLE");
    assert_eq!(refused(&operator, "ledger", GUN), "UNKNOWN_KEY");
    // An operator has no grant by being one, but wildcards are an operator's.
    assert_eq!(refused(&operator, "root-a", GUN), "NO_GRANT");
    assert_eq!(refused(&operator, "signer-a", "alice"), "NO_GRANT");
    for wildcard in ["reg.example.test/*", "reg.example.test/team/*", "*"] {
        assert_eq!(refused(&ci, "root-a", wildcard), "OPERATOR_ONLY");
    }
    for wildcard in ["reg.example.test/*", "reg.example.test/team/*"] {
        let pem = certify(&operator, "root-a", Kind::Certificate, wildcard)
            .unwrap()
            .pem;
        let key = TufKey::of_certificate(pem.as_bytes()).unwrap();
        assert_eq!(key.certificate().unwrap().common_name, wildcard);
    }
    for wildcard in ["*", "reg.example.test*", "reg.*", "elsewhere.test/*"] {
        assert_eq!(
            refused(&operator, "root-a", wildcard),
            "KEY_OF_OTHER_LINEAGE"
        );
    }
    assert_eq!(
        refused(&operator, "root-b", "reg.example.test/team/*"),
        "KEY_OF_OTHER_LINEAGE"
    );
    // What can't be a name, or a time.
    for name in ["", " a", "a\nb", &"a".repeat(256)] {
        assert_eq!(refused(&ci, "signer-a", name), "REQUEST_MALFORMED");
    }
    let days = |kind, days| reason(certify_for(&ci, "signer-a", kind, "alice", days));
    assert_eq!(days(Kind::Certificate, 7301), "REQUEST_MALFORMED");
    assert_eq!(days(Kind::Request, 1), "REQUEST_MALFORMED");
    assert_eq!(days(Kind::Unspecified, 0), "REQUEST_MALFORMED");
    stage.rewrite("shared_keys = [\"root-*\", ", "shared_keys = [");
    stage.tls.stage.agent.restart();
    let refused = certify(&stage.ci(), "root-a", Kind::Certificate, GUN);
    assert_eq!(reason(refused), "KEY_NOT_SHARED");
}

#[test]
fn a_root_key_without_the_attestation_that_root_demands_certifies_nothing() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.make("root-a", "root", GUN, "ecdsa-p256");
    stage.rewrite(
        "dialect = \"notary\"\n",
        "dialect = \"notary\"\n\
         root = { max_expiry = \"3660d\", attestation = { pin = \"always\" } }\n",
    );
    stage.tls.stage.agent.restart();
    for kind in [Kind::Certificate, Kind::Request] {
        let refused = certify(&stage.ci(), "root-a", kind, GUN);
        assert_eq!(reason(refused), "ATTESTATION_REQUIRED");
    }
    assert_eq!(certified(&events(&stage.operator())).len(), 0);
}

fn certified(events: &[Event]) -> Vec<(u64, KeyCertified)> {
    let numbered = (0..).zip(events);
    let found = numbered.filter_map(|(index, event)| match event {
        Event::KeyCertified(certified) => Some((index, certified.clone())),
        _ => None,
    });
    found.collect()
}

#[test]
fn what_is_certified_stands_in_the_ledger_first() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.make("root-a", "root", GUN, "ecdsa-p256");
    let ci = stage.ci();
    let refused = certify(&ci, "root-a", Kind::Certificate, "x.test/y");
    assert_eq!(reason(refused), "NO_GRANT");
    let reply = certify_for(&ci, "root-a", Kind::Certificate, GUN, 30).unwrap();
    let recorded = events(&stage.operator());
    let found = certified(&recorded);
    let [(record, found)] = found.as_slice() else {
        panic!("{found:?}");
    };
    let told = (&*found.key, &*found.kind, &*found.common_name);
    assert_eq!(told, ("root-a", "certificate", GUN));
    let days = (found.not_after - jiff::Timestamp::now().as_second()) / 86_400;
    assert!((29..=30).contains(&days), "{days}");
    assert_eq!(found.digest.len(), 32);
    assert_eq!(reply.record, *record);
    assert!(reply.head.unwrap().size > reply.record);
    // Its outcome rides with what is written next.
    let operator = stage.operator();
    let outcome = wait::until("the outcome", || {
        events(&operator).into_iter().find_map(|event| match event {
            Event::Outcome(outcome) if outcome.decision == *record => Some(outcome),
            _ => None,
        })
    });
    assert_eq!(outcome.signature.len(), 64);
    // A token that is away signs nothing, and nothing is recorded of it.
    stage.tls.stage.token.vanish();
    stage.tls.stage.agent.wait_state(|status| {
        status
            .keystores
            .iter()
            .all(|keystore| keystore.state() != privyseal_proto::v1::keystore_status::State::Ready)
    });
    let refused = reason(certify(&ci, "root-a", Kind::Certificate, GUN));
    assert!(
        ["KEYSTORE_ABSENT", "TOKEN_NOT_FOUND"].contains(&&*refused),
        "{refused}"
    );
    let after = events(&stage.operator());
    assert_eq!(certified(&after).len(), 1);
    stage.tls.stage.token.come_back();
    // A replay takes it.
    stage.tls.stage.agent.restart();
    certify(&stage.ci(), "root-a", Kind::Certificate, GUN).unwrap();
}

#[test]
fn a_key_signs_so_many_certificates() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.make("root-a", "root", GLOB, "ecdsa-p256");
    stage.make("signer-a", "delegation", GUN, "ecdsa-p256");
    let ci = stage.ci();
    for kind in [Kind::Certificate, Kind::Request].repeat(4) {
        certify(&ci, "signer-a", kind, "alice").unwrap();
        certify(&ci, "root-a", kind, GUN).unwrap();
    }
    let beside = "reg.example.test/team/web";
    for restarted in [false, true] {
        if restarted {
            stage.tls.stage.agent.restart();
        }
        let ci = stage.ci();
        let asked = |key, name| certify(&ci, key, Kind::Certificate, name);
        assert_eq!(reason(asked("signer-a", "alice")), "CERTIFICATES_FULL");
        assert_eq!(reason(asked("root-a", GUN)), "CERTIFICATES_FULL");
        asked("root-a", beside).unwrap();
    }
    // A signer's certificate may have any name, and so they are counted as well.
    let ci = stage.ci();
    for number in 8..64 {
        certify(&ci, "signer-a", Kind::Certificate, &format!("a{number}")).unwrap();
    }
    let asked = certify(&ci, "signer-a", Kind::Certificate, "other");
    assert_eq!(reason(asked), "CERTIFICATES_FULL");
}
