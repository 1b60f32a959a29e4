//! The main job: real keys in tokens, real files, and python-tuf as the judge of what is published.

use std::fs;

use privyseal_proto::v1::EnrollRepositoryRequest;
use privyseal_tests::agent::Agent;
use privyseal_tests::client::Client;
use privyseal_tests::project::Project;
use privyseal_tests::python::Python;
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::stage::Stage;
use privyseal_tests::token::Tokens;
use privyseal_tests::tuf_client::PythonTuf;

const NAME: &str = "example.org/app";

const FILES: &[(&str, &[u8])] = &[
    ("hello.txt", b"hello\n"),
    ("empty", b""),
    ("deep/er/and deeper/naïve.bin", &[0, 1, 2, 255]),
];

#[test]
fn sign_publish_update_and_rotate() {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    let versions = || python.accepts(&project, &[], None);
    let keys = "root-1 root-2 root-3 root-4 targets snapshot ts-1 ts-2";
    project.generate(NAME, keys, "");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 root-3 \
         --root-threshold 2 --targets targets --snapshot snapshot --timestamp ts-1"
    ));
    project.add(FILES, "");
    project.sign_and_publish("");
    assert_eq!(versions(), "root 1, targets 1, snapshot 1, timestamp 1");

    project.add(
        &[("hello.txt", b"hello again\n"), ("new/one.txt", b"one")],
        "",
    );
    project.sign_and_publish("replaced-target");
    assert_eq!(versions(), "root 1, targets 2, snapshot 2, timestamp 2");

    project.repo("rotate root --add root-4 --remove root-1");
    project.sign_and_publish("");
    assert!(versions().starts_with("root 2,"));

    project.repo("rotate timestamp --add ts-2 --remove ts-1");
    project.repo("rotate root --threshold 3");
    project.sign_and_publish("online-key");
    assert!(versions().starts_with("root 3,"));
    python.refuses_changes(&project, &project.newest());
}

#[test]
fn keys_of_three_algorithms_in_one_repository() {
    let (Some(stage), Some(python)) = (Stage::new(), PythonTuf::find()) else {
        return;
    };
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    let versions = || python.accepts(&project, &[], None);
    for (keys, algorithm) in [
        ("root-1 timestamp", "ecdsa-p256"),
        ("root-2 snapshot", "ed25519"),
        ("root-3", "rsa-pss-2048"),
        ("targets", "rsa-pss-3072"),
    ] {
        project.generate(NAME, keys, &format!("--algorithm {algorithm}"));
    }
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 root-3 \
         --root-threshold 3 --targets targets --snapshot snapshot --timestamp timestamp"
    ));
    project.add(FILES, "");
    project.sign_and_publish("");
    assert_eq!(versions(), "root 1, targets 1, snapshot 1, timestamp 1");
    project.repo("renew root");
    project.sign_and_publish("");
    assert!(versions().starts_with("root 2,"));
}

#[test]
fn one_repository_over_two_agents_and_tokens() {
    let Some(python) = PythonTuf::find().filter(|_| require::softhsm()) else {
        return;
    };
    let sandbox = Sandbox::new();
    // Two tokens that no module sees together.
    let [safe, online] = ["safe", "online"].map(|name| {
        let token = Tokens::new(&sandbox, &format!("{name}-tokens")).token(name);
        Agent::running(&sandbox, name, &Setup::new(&token))
    });
    let client = Client::of_several(&sandbox, "client", &[("safe", &safe), ("online", &online)]);
    let project = Project::new(&sandbox, "project", client);
    let versions = || python.accepts(&project, &[], None);
    project.generate(NAME, "root-a targets", "--agent safe");
    project.generate(NAME, "root-b snapshot timestamp", "--agent online");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root safe:root-a online:root-b \
         --root-threshold 2 --targets safe:targets --snapshot online:snapshot \
         --timestamp online:timestamp"
    ));
    project.add(FILES, "");
    project.sign_and_publish("");
    assert_eq!(versions(), "root 1, targets 1, snapshot 1, timestamp 1");

    project.add(&[("hello.txt", b"hello from two\n")], "");
    project.repo("renew root");
    project.sign_and_publish("replaced-target");
    assert!(versions().starts_with("root 2, targets 2,"));
}

#[test]
fn a_repository_made_by_python_tuf_is_enrolled_whole_or_not_at_all() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let made = stage.sandbox.join("made");
    let said = python.script("make_repository.py", [made.to_str().unwrap()], "");
    assert_eq!(said.status, 0, "{said:?}");
    let read = |name: &str| fs::read(made.join("metadata").join(name)).unwrap();
    let good = EnrollRepositoryRequest {
        authority: AUTHORITY.to_owned(),
        repository: "example.org/made".to_owned(),
        roots: vec![read("1.root.json"), read("2.root.json")],
        targets: read("1.targets.json"),
        snapshot: read("1.snapshot.json"),
        timestamp: read("timestamp.json"),
        delegated: Vec::new(),
    };
    let rpc = stage.rpc();
    let before = rpc.head(0).unwrap();
    for part in 0..5 {
        let of = |request: &mut EnrollRepositoryRequest| match part {
            0 | 1 => std::mem::take(&mut request.roots[part]),
            2 => std::mem::take(&mut request.targets),
            3 => std::mem::take(&mut request.snapshot),
            _ => std::mem::take(&mut request.timestamp),
        };
        let bytes = of(&mut good.clone());
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let mut bad = good.clone();
            match part {
                0 | 1 => bad.roots[part] = bytes,
                2 => bad.targets = bytes,
                3 => bad.snapshot = bytes,
                _ => bad.timestamp = bytes,
            }
            let answer = rpc.enroll_repository(bad);
            assert!(answer.is_err(), "part {part}, byte {at}: {answer:?}");
        }
    }
    let mut gap = good.clone();
    gap.roots.remove(0);
    assert!(
        rpc.enroll_repository(gap).is_err(),
        "it begins with the first root"
    );
    assert_eq!(rpc.head(0).unwrap(), before, "nothing was recorded");

    let enrolled = rpc.enroll_repository(good.clone()).unwrap();
    let lineage = rpc.lineage(&enrolled.lineage.unwrap()).unwrap();
    let versions: Vec<_> = lineage
        .roles
        .iter()
        .map(|role| (&*role.role, role.version))
        .collect();
    assert_eq!(
        versions,
        [
            ("root", 2),
            ("targets", 1),
            ("snapshot", 1),
            ("timestamp", 1)
        ]
    );
    let again = rpc.enroll_repository(good).unwrap_err();
    assert_eq!(again.codes(), (tonic::Code::AlreadyExists, "LINEAGE_KNOWN"));
}
