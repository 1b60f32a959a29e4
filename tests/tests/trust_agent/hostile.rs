//! What somebody with small rights tries against everybody else.

use privyseal_proto::v1::GenerateKeyRequest;
use privyseal_tests::metadata::digest;
use privyseal_tuf::{Key, PublicKey};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, SignatureAlgorithm,
};

use crate::documents::{self, To, targets};
use crate::image::{Foreign, Image, bare, certified};
use crate::reason;
use crate::stage::{IMAGES, STAGING, Stage};

const ALL: &str = "reg.example.test/**";

/// The point of a key on P-256 that somebody else holds.
struct Point(Vec<u8>);

impl PublicKeyData for Point {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// A certificate for another's key: whoever has the public half makes one of any name.
fn made_for(public_pem: &str, common_name: &str) -> Key {
    let spki = PublicKey::from_spki_pem(public_pem).unwrap().to_spki_der();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let anybody = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
    let point = Point(spki[spki.len() - 65..].to_vec());
    let certificate = params.signed_by(&point, &anybody).unwrap();
    Key::of_certificate(certificate.pem().as_bytes()).unwrap()
}

#[test]
fn a_root_names_no_more_than_the_caller_may_sign_whoever_made_the_certificate() {
    let Some(stage) = Stage::new() else { return };
    let (ci, operator) = (stage.ci(), stage.operator());
    let info = stage.key("shared-root", "ecdsa-p256", "root", ALL);
    let app = Image::new(&stage, "app");
    let narrow = certified(&stage, "shared-root", &app.gun).key;
    let sign = |rpc, keys: &[Key]| {
        let root = app.root_of(1, keys);
        app.sign(rpc, "root", "shared-root", &root)
    };
    for wide in ["*", "reg.example.test/*", "reg.example.test/team/*"] {
        let wide = made_for(&info.public_key, wide);
        assert_eq!(wide.canonical_keyid(), narrow.canonical_keyid());
        for keys in [&[wide.clone()][..], &[narrow.clone(), wide.clone()]] {
            assert_eq!(reason(sign(&ci, keys)), "NO_GRANT");
        }
    }
    // Somebody else's key with such a certificate makes this one's signature no better.
    let other = made_for(
        &stage.key("own", "ecdsa-p256", "root", &app.gun).public_key,
        "*",
    );
    sign(&ci, &[narrow, other]).unwrap();
    let wide = made_for(&info.public_key, "reg.example.test/*");
    let lib = Image::new(&stage, "lib");
    let root = lib.root_of(1, &[wide]);
    lib.sign(&operator, "root", "shared-root", &root).unwrap();
    // What was there before is no better than what is new.
    let mut lib = lib;
    lib.lineage.first_root = digest(&root).to_string();
    let next = documents::replaced(&root, "\"version\":1", "\"version\":2");
    let again = lib.sign(&ci, "root", "shared-root", &next);
    assert_eq!(reason(again), "NO_GRANT");
}

#[test]
fn nobody_stops_a_key_by_listing_it() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let (ci, operator) = (stage.ci(), stage.operator());
    let (app, _) = Image::new(&stage, "app").published(&ci, &["v1"], &[]);
    let listed = [app.targets.key.clone()];
    let evil = Image::of_others(&stage, "evil");
    evil.published(&operator, &[], &[To("targets/x", &listed, &[""])]);
    let sign = |rpc, version| {
        let document = targets(version, &["v1", "v2"], &[]);
        app.sign(rpc, "targets", &app.targets.name, &document)
    };
    sign(&ci, 2).unwrap();
    stage.tls.stage.agent.restart();
    sign(&stage.ci(), 3).unwrap();
}

#[test]
fn a_signature_for_the_repository_under_another_authority_needs_a_grant_there() {
    let Some(stage) = Stage::new() else { return };
    let (ci, operator) = (stage.ci(), stage.operator());
    let (app, _) = Image::new(&stage, "app").published(&ci, &["v1"], &[]);
    let made = operator.generate_as(GenerateKeyRequest {
        keystore: "hsm".to_owned(),
        name: "staging-root".to_owned(),
        algorithm: "ecdsa-p256".to_owned(),
        purpose: "trust".to_owned(),
        authority: STAGING.to_owned(),
        repository: app.gun.clone(),
        role: "root".to_owned(),
        ..GenerateKeyRequest::default()
    });
    made.unwrap();
    let mut staging = Image::new(&stage, "other");
    staging.gun.clone_from(&app.gun);
    staging.lineage.repository.clone_from(&app.gun);
    staging.lineage.authority = STAGING.to_owned();
    staging.root = vec![certified(&stage, "staging-root", &app.gun)];
    staging.targets = app.targets.clone();
    staging.opened(&operator);
    let next = targets(2, &["v2"], &[]);
    let refused = app.sign(&ci, "targets", &app.targets.name, &next);
    assert_eq!(reason(refused), "NO_GRANT");
    app.sign(&operator, "targets", &app.targets.name, &next)
        .unwrap();
}

#[test]
fn a_signer_decides_about_no_role_but_those_below_his_own() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app");
    let release = bare(&stage.key("release", "ecdsa-p256", "delegation", &app.gun));
    let (alice, evil) = (Foreign::new(), Foreign::new());
    let one = std::slice::from_ref;
    let to = [
        To("targets/releases", &[release], &[""]),
        To("targets/alice", one(&alice.key), &[""]),
    ];
    let (app, _) = app.published(&ci, &[], &to);
    let rogue = |role| targets(1, &[], &[To(role, one(&evil.key), &[""])]);
    for role in ["targets/releases", "targets/alice/a/b", "targets/alice"] {
        let shown = alice.completed("targets/alice", &rogue(role));
        let refused = app.observe(&ci, "targets/alice", &shown);
        assert_eq!(reason(refused), "DELEGATION_NOT_BELOW", "{role}");
    }
    let below = alice.completed("targets/alice", &rogue("targets/alice/a"));
    app.observe(&ci, "targets/alice", &below).unwrap();
    let highest = targets(9_007_199_254_740_991, &["v1"], &[]);
    let burnt = evil.completed("targets/releases", &highest);
    let refused = app.observe(&ci, "targets/releases", &burnt);
    assert_eq!(reason(refused), "INCOMPLETE");
    stage.tls.stage.agent.restart();
    let document = targets(1, &["v1"], &[]);
    app.sign(&stage.ci(), "targets/releases", "release", &document)
        .unwrap();
}

#[test]
fn keys_of_one_dialect_sign_nothing_of_the_other() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app").opened(&ci);
    let spec = documents::replaced(&targets(1, &[], &[]), "\"Targets\"", "\"targets\"");
    stage.tls.stage.agent.stop();
    stage.tls.stage.agent.configure(|setup| {
        let user = format!("uid:{}", nix::unistd::geteuid());
        let authority = format!("[[authority]]\nname = \"{IMAGES}\"");
        let grant = format!(
            "[[grant]]\ncallers = [\"{user}\"]\nauthority = \"{IMAGES}\"\n\
             repositories = [\"**\"]\nroles = [\"targets\"]\nkeys = [\"*\"]"
        );
        setup.without_sections().section(&authority).section(&grant)
    });
    stage.tls.stage.agent.start();
    let refused = app.sign(&stage.operator(), "targets", &app.targets.name, &spec);
    let refused = refused.unwrap_err();
    assert_eq!(refused.reason, "KEY_OF_OTHER_LINEAGE");
    assert!(refused.message.contains("dialect"), "{}", refused.message);
}
