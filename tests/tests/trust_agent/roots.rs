//! Roots: whose certificates they introduce, and which root follows which.

use std::process::Command;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use privyseal_proto::v1::role_memory::State;
use privyseal_tests::metadata;
use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{Document, Key, Requirement, Sha256Digest, canonical};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair};

use crate::documents::{edited, replaced, signed, timestamp};
use crate::image::{Image, bare, certified, foreign, keys};
use crate::reason;
use crate::stage::Stage;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_repository_is_opened_with_either_of_two_root_keys_of_any_algorithm() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let kinds = [
        (
            ["ecdsa-p256", "rsa-pss-2048"],
            "ed25519",
            ["ecdsa", "rsapss", "eddsa"],
        ),
        (
            ["ecdsa-p384", "ecdsa-p256"],
            "rsa-pss-2048",
            ["ecdsa", "ecdsa", "rsapss"],
        ),
    ];
    let mut images = Vec::new();
    let ci = stage.ci();
    for (n, (root, targets, methods)) in kinds.into_iter().enumerate() {
        let image = Image::of(&stage, &format!("app-{n}"), root, targets).opened(&ci);
        let unsigned = image.root(1);
        let given = [0, 1].map(|at| {
            let key = &image.root[at];
            let given = image.sign(&ci, "root", &key.name, &unsigned).unwrap();
            assert_eq!(given.keyid, key.key.keyid().to_string());
            assert_eq!(given.method, methods[at]);
            given
        });
        let complete = signed(&unsigned, "root", &[&given[0], &given[1]]);
        let document = Document::parse(&complete).unwrap();
        let tally = Requirement::of_root(None, &document.root().unwrap())[0].tally(&document);
        assert_eq!(tally.count, 2, "{tally:?}");
        let targets = crate::documents::targets(1, &["v1"], &[]);
        let given = image
            .sign(&ci, "targets", &image.targets.name, &targets)
            .unwrap();
        assert_eq!(given.method, methods[2]);
        assert_eq!(image.memory(&ci, "root").unwrap().state(), State::Final);
        assert_eq!(image.memory(&ci, "targets").unwrap().state(), State::Final);
        images.push((image, targets, given));
    }
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    for (image, targets, given) in images {
        let again = image
            .sign(&ci, "targets", &image.targets.name, &targets)
            .unwrap();
        assert!(again.recorded);
        assert_eq!((again.sig, again.method), (given.sig, given.method));
        let other = crate::documents::targets(1, &["v2"], &[]);
        let other = image.sign(&ci, "targets", &image.targets.name, &other);
        assert_eq!(reason(other), "VERSION_REUSED");
    }
}

/// A certificate of somebody else's key on P-256.
fn certificate(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + 30 * DAY).into();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem().into_bytes()
}

/// A certificate that OpenSSL makes.
fn by_openssl(name: &str, options: &[&str]) -> Vec<u8> {
    let subject = format!("/CN={}", name.replace('/', "\\/"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-days",
            "9",
            "-subj",
            &subject,
        ])
        .args(["-addext", "basicConstraints=CA:FALSE"])
        .args(options)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    made.stdout
}

/// A key of P-256 in a form that Go does not write.
fn compressed(key: &Key) -> Vec<u8> {
    let point = key.public().unwrap().point().unwrap().to_vec();
    let head = hex::decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").unwrap();
    let parity = 2 + (point[64] & 1);
    [head.as_slice(), &[parity], &point[1..33]].concat()
}

/// A root whose second root key is this certificate, whatever the model thinks of it.
fn with(root: &[u8], keytype: &str, pem: &[u8]) -> Vec<u8> {
    let public = STANDARD.encode(pem);
    let keyval = [
        ("private", Value::Null),
        ("public", Value::from(public.as_str())),
    ];
    let key = Value::Object(Object::from([
        ("keytype", Value::from(keytype)),
        ("keyval", Value::Object(Object::from(keyval))),
    ]));
    let keyid = Sha256Digest::of(&canonical::encode(&key)).to_string();
    edited(root, |signed| {
        let Some(Value::Object(keys)) = signed.get_mut("keys") else {
            panic!("a root has keys")
        };
        keys.insert(keyid.as_str(), key);
        let Some(Value::Object(roles)) = signed.get_mut("roles") else {
            panic!("a root has roles")
        };
        let Some(Value::Object(root)) = roles.get_mut("root") else {
            panic!("a root has its role")
        };
        let Some(Value::Array(keyids)) = root.get_mut("keyids") else {
            panic!("a role has keyids")
        };
        keyids.push(Value::from(keyid.as_str()));
    })
}

#[test]
fn a_root_introduces_no_certificate_that_clients_refuse() {
    let Some(stage) = Stage::new() else { return };
    let ci = stage.ci();
    let app = Image::new(&stage, "app");
    let root = app.root_of(1, &keys(&app.root[..1]));
    let gun = app.gun.as_str();
    let now = SystemTime::now();
    let ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let expired = |params: &mut CertificateParams| params.not_after = (now - DAY / 24).into();
    let early = |params: &mut CertificateParams| params.not_before = (now + DAY / 24).into();
    let ecdsa = |pem: Vec<u8>| with(&root, "ecdsa-x509", &pem);
    let rsa = |options: &[&str]| with(&root, "rsa-x509", &by_openssl(gun, options));
    let ed25519 = by_openssl(gun, &["-newkey", "ed25519"]);
    let first = keys(&app.root[..1]).remove(0);
    let spec = metadata::targets(1, &[]);
    let cases = [
        (
            "bare",
            app.root_of(1, &[first, foreign()]),
            "ROOT_NEEDS_CERTIFICATE",
        ),
        (
            "another name",
            ecdsa(certificate("reg.example.test/team/other", |_| {})),
            "ROOT_CERTIFICATE_NAME",
        ),
        (
            "a shorter name",
            ecdsa(certificate("reg.example.test/team", |_| {})),
            "ROOT_CERTIFICATE_NAME",
        ),
        (
            "another prefix",
            ecdsa(certificate("reg.example.test/tea*", |_| {})),
            "ROOT_CERTIFICATE_NAME",
        ),
        (
            "no name",
            ecdsa(certificate("", |_| {})),
            "ROOT_CERTIFICATE_NAME",
        ),
        (
            "a CA's",
            ecdsa(certificate(gun, ca)),
            "ROOT_CERTIFICATE_UNFIT",
        ),
        (
            "one of two leaves",
            ecdsa([certificate(gun, |_| {}), certificate(gun, |_| {})].concat()),
            "ROOT_CERTIFICATE_UNFIT",
        ),
        (
            "a compressed point",
            with(&root, "ecdsa", &compressed(&app.targets.key)),
            "KEY_UNSUPPORTED",
        ),
        (
            "a private key",
            replaced(&root, "\"private\":null", "\"private\":\"AAAA\""),
            "METADATA_INVALID",
        ),
        (
            "over SHA-1",
            rsa(&["-newkey", "rsa:2048", "-sha1"]),
            "ROOT_CERTIFICATE_UNFIT",
        ),
        (
            "of 1024 bits",
            rsa(&["-newkey", "rsa:1024"]),
            "KEY_UNSUPPORTED",
        ),
        (
            "Ed25519",
            with(&root, "ecdsa-x509", &ed25519),
            "KEY_UNSUPPORTED",
        ),
        (
            "no certificate",
            with(&root, "ecdsa-x509", b"-----BEGIN"),
            "KEY_UNSUPPORTED",
        ),
        (
            "expired",
            ecdsa(certificate(gun, expired)),
            "ROOT_CERTIFICATE_DATE",
        ),
        (
            "not yet valid",
            ecdsa(certificate(gun, early)),
            "ROOT_CERTIFICATE_DATE",
        ),
        ("another dialect", spec, "DIALECT_MISMATCH"),
        (
            "another type",
            replaced(&root, "\"Root\"", "\"Targets\""),
            "TYPE_MISMATCH",
        ),
        (
            "another field",
            replaced(&root, "\"version\":1}", "\"version\":1,\"x\":1}"),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "a field less",
            replaced(&root, "\"consistent_snapshot\":false,", ""),
            "NOT_AS_GO_PRINTS",
        ),
        (
            "another time",
            replaced(&root, "T23:59:59Z", "T23:59:59.10Z"),
            "EXPIRY_MALFORMED",
        ),
        (
            "a low threshold",
            replaced(&root, "\"threshold\":1", "\"threshold\":0"),
            "THRESHOLD_INVALID",
        ),
        (
            "a high threshold",
            replaced(&root, "\"threshold\":1", "\"threshold\":9"),
            "THRESHOLD_INVALID",
        ),
        (
            "version 2",
            replaced(&root, "\"version\":1}", "\"version\":2}"),
            "REQUEST_MALFORMED",
        ),
    ];
    let sign = |root: &[u8]| app.sign(&ci, "root", &app.root[0].name, root);
    for (what, root, expected) in &cases {
        assert_eq!(reason(sign(root)), *expected, "{what}");
    }
    // A prefix and `*` name it as well.
    let wide = ecdsa(certificate("reg.example.test/team/*", |_| {}));
    sign(&wide).unwrap();
    // The other way round, the specification's authority takes none of notary's.
    let elsewhere = privyseal_tests::repository::Repository::of_one_key(&stage.operator(), "app");
    let refused = elsewhere.sign(&stage.operator(), "root", &root);
    assert_eq!(reason(refused), "DIALECT_MISMATCH");
}

#[test]
fn timestamps_are_left_to_the_server() {
    let Some(stage) = Stage::new() else { return };
    let ci = stage.ci();
    let app = Image::new(&stage, "app").opened(&ci);
    let asked = app.sign(&ci, "timestamp", &app.snapshot.name, &timestamp());
    assert_eq!(reason(asked), "KEY_OF_OTHER_ROLE");
    assert_eq!(
        reason(app.observe(&ci, "timestamp", &timestamp())),
        "TIMESTAMP_OF_SERVER"
    );
}

#[test]
fn roots_rotate_with_old_and_new_keys() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app").opened(&ci);
    let three = stage.key("app-root-three", "ecdsa-p256", "root", &app.gun);
    let three = certified(&stage, &three.name, &app.gun);
    let next = app.root_of(2, &[app.root[1].key.clone(), three.key.clone()]);
    let stranger = stage.key("app-root-four", "ecdsa-p256", "root", &app.gun);
    assert_eq!(
        reason(app.sign(&ci, "root", &stranger.name, &next)),
        "KEY_NOT_IN_ROLE"
    );
    for (version, expected) in [(1, "VERSION_REUSED"), (3, "VERSION_SKIPPED")] {
        let other = app.root_of(version, &[app.root[1].key.clone(), three.key.clone()]);
        let refused = app.sign(&ci, "root", &app.root[0].name, &other);
        assert_eq!(reason(refused), expected);
    }
    let new = app.sign(&ci, "root", &three.name, &next).unwrap();
    let half = signed(&next, "root", &[&new]);
    assert_eq!(reason(app.observe(&ci, "root", &half)), "INCOMPLETE");
    let old = app.sign(&ci, "root", &app.root[0].name, &next).unwrap();
    assert_eq!(old.keyid, app.root[0].key.keyid().to_string());
    let complete = signed(&next, "root", &[&new, &old]);
    assert!(app.observe(&ci, "root", &complete).unwrap().recorded);
    assert_eq!(app.memory(&ci, "root").unwrap().version, 2);

    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    // The key that went is no root key any more, and a bare one does not come.
    let third = app.root_of(3, &[three.key.clone(), bare(&stranger)]);
    assert_eq!(
        reason(app.sign(&ci, "root", &app.root[0].name, &third)),
        "KEY_NOT_IN_ROLE"
    );
    assert_eq!(
        reason(app.sign(&ci, "root", &three.name, &third)),
        "ROOT_NEEDS_CERTIFICATE"
    );
    let third = replaced(
        &app.root_of(3, std::slice::from_ref(&three.key)),
        "\"consistent_snapshot\":false",
        "\"consistent_snapshot\":true",
    );
    assert_eq!(
        reason(app.sign(&ci, "root", &three.name, &third)),
        "CONSISTENT_SNAPSHOT_CHANGED"
    );
    let third = app.root_of(3, std::slice::from_ref(&three.key));
    app.sign(&ci, "root", &three.name, &third).unwrap();
}
