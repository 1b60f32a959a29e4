//! Repositories that docker and notary made, enrolled by an operator.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{EnrollRepositoryRequest, ObserveRequest, RoleDocument, Signed};
use privyseal_tests::metadata::digest;
use privyseal_tuf::{Algorithm, Dialect, Document, Key, Signature};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SigningKey};

use crate::documents;
use crate::image::foreign;
use crate::reason;
use crate::stage::{IMAGES, Stage};

fn corpus(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tuf/corpus/notary")
        .join(case)
}

/// What is published of a case of the corpus.
fn published(case: &str) -> EnrollRepositoryRequest {
    let directory = corpus(case);
    let read = |name: &str| fs::read(directory.join(name)).unwrap_or_default();
    let roots = (1..).map(|version| read(&format!("{version}.root.json")));
    let mut delegated = Vec::new();
    below(&directory, "targets", &mut delegated);
    EnrollRepositoryRequest {
        authority: IMAGES.to_owned(),
        repository: format!("reg.example.test/corpus/{case}"),
        roots: roots.take_while(|root| !root.is_empty()).collect(),
        targets: read("targets.json"),
        snapshot: read("snapshot.json"),
        timestamp: Vec::new(),
        delegated,
    }
}

/// The documents below a role, each before those below it.
fn below(directory: &Path, role: &str, found: &mut Vec<RoleDocument>) {
    let Ok(entries) = fs::read_dir(directory.join(role)) else {
        return;
    };
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    for name in names {
        let role = format!("{role}/{name}");
        let document = fs::read(directory.join(format!("{role}.json"))).unwrap();
        found.push(RoleDocument {
            role: role.clone(),
            document,
        });
        below(directory, &role, found);
    }
}

#[test]
fn what_docker_and_notary_published_is_enrolled_whole() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let operator = stage.operator();
    let cases = [
        "fresh",
        "purged",
        "docker-28",
        "notary-0.7",
        "delegations",
        "custom",
        "rotated",
        "p-384",
        "ed25519",
        "rsa-pss",
        "rsa-pkcs1v15",
        "threshold-2",
        "wildcard",
        "strange",
    ];
    let mut enrolled = Vec::new();
    for case in cases {
        let request = published(case);
        let reply = operator.enroll_repository(request.clone());
        let reply = reply.unwrap_or_else(|refused| panic!("{case}: {refused:?}"));
        let lineage = reply.lineage.unwrap();
        assert_eq!(lineage.first_root, digest(&request.roots[0]).to_string());
        enrolled.push((request, lineage));
    }
    stage.tls.stage.agent.restart();
    let operator = stage.operator();
    for (request, lineage) in enrolled {
        let roles: Vec<_> = request
            .delegated
            .iter()
            .map(|of| of.role.as_str())
            .collect();
        let known = operator.lineage_with(&lineage, &roles).unwrap().roles;
        assert_eq!(known.len(), 3 + roles.len(), "{}", request.repository);
        assert!(known.iter().all(|memory| memory.state() == State::Final));
        let last = request.roots.last().unwrap();
        let root = known.iter().find(|memory| memory.role == "root").unwrap();
        assert_eq!(root.digest, digest(last).to_string());
        assert_eq!(root.version, request.roots.len() as u64);
    }
}

#[test]
fn what_does_not_verify_is_not_enrolled() {
    let Some(stage) = Stage::new() else { return };
    let operator = stage.operator();
    let whole = published("docker-28");
    let refused = |change: &dyn Fn(&mut EnrollRepositoryRequest)| {
        let mut request = whole.clone();
        change(&mut request);
        reason(operator.enroll_repository(request))
    };
    let timestamp = fs::read(corpus("docker-28").join("timestamp.json")).unwrap();
    let other = published("notary-0.7");
    let spec = privyseal_tests::metadata::targets(1, &[]);
    assert_eq!(
        refused(&|of| of.timestamp = timestamp.clone()),
        "TIMESTAMP_OF_SERVER"
    );
    assert_eq!(
        refused(&|of| of.targets = other.targets.clone()),
        "INCOMPLETE"
    );
    assert_eq!(refused(&|of| of.targets = spec.clone()), "DIALECT_MISMATCH");
    assert_eq!(
        refused(&|of| of.authority = "production".to_owned()),
        "DIALECT_MISMATCH"
    );
    assert_eq!(
        refused(&|of| of.delegated[0].role = "targets/nobody".to_owned()),
        "UNKNOWN_ROLE"
    );
    let rotated = published("rotated");
    let skipped = EnrollRepositoryRequest {
        roots: [&rotated.roots[..2], &rotated.roots[3..]].concat(),
        ..rotated
    };
    assert_eq!(
        reason(operator.enroll_repository(skipped)),
        "VERSION_SKIPPED"
    );
    // The agent verifies no P-521.
    assert_eq!(
        reason(operator.enroll_repository(published("p-521"))),
        "INCOMPLETE"
    );
    // What is left out may be shown later; until then the snapshot lists a file that is not known.
    let (mut part, left) = (whole.clone(), whole.delegated.last().unwrap());
    part.delegated.pop();
    let lineage = operator.enroll_repository(part).unwrap().lineage;
    let shown = ObserveRequest {
        lineage,
        role: left.role.clone(),
        document: left.document.clone(),
    };
    assert!(operator.observe(shown).unwrap().recorded);
    assert_eq!(
        reason(operator.enroll_repository(whole.clone())),
        "LINEAGE_KNOWN"
    );
}

#[test]
fn a_first_root_may_have_version_two_and_no_other() {
    let Some(stage) = Stage::new() else { return };
    let operator = stage.operator();
    let pair = KeyPair::generate().unwrap();
    let gun = "reg.example.test/team/second";
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, gun);
    // Old certificates may have expired.
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    params.not_before = rcgen::date_time_ymd(2010, 1, 1);
    let pem = params.self_signed(&pair).unwrap().pem();
    let key = Key::of_certificate(pem.as_bytes()).unwrap();
    let others = [foreign(), foreign(), foreign()];
    let root = |version| {
        let one = std::slice::from_ref;
        let [targets, snapshot, timestamp] = [0, 1, 2].map(|at| one(&others[at]));
        let unsigned = documents::root(version, [one(&key), targets, snapshot, timestamp], 1);
        let payload = Document::parse(&unsigned).unwrap().payload().bytes();
        let der = pair.sign(&payload).unwrap();
        let signature = Signature::from_der(Algorithm::EcdsaP256, &der).unwrap();
        let signed = Signed {
            keyid: key.keyid().to_string(),
            method: "ecdsa".to_owned(),
            sig: signature.to_text(Dialect::Notary),
            ..Default::default()
        };
        documents::signed(&unsigned, "root", &[&signed])
    };
    let enrol = |repository: &str, roots: Vec<Vec<u8>>| {
        operator.enroll_repository(EnrollRepositoryRequest {
            authority: IMAGES.to_owned(),
            repository: repository.to_owned(),
            roots,
            ..Default::default()
        })
    };
    assert_eq!(reason(enrol(gun, vec![root(3)])), "VERSION_SKIPPED");
    let reply = enrol(gun, vec![root(2), root(3)]).unwrap();
    let known = operator.lineage(&reply.lineage.unwrap()).unwrap().roles;
    assert_eq!((known[0].version, known.len()), (3, 1));
}
