//! The main job: real keys in tokens, real files, and python-tuf as the judge of what is published.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_proto::v1::EnrollRepositoryRequest;
use privyseal_tests::agent::Agent;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::python::Python;
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::stage::Stage;
use privyseal_tests::token::Tokens;

const NAME: &str = "example.org/app";

/// A project with the originals of its files, and its judge.
struct Job {
    client: Client,
    python: Python,
    project: PathBuf,
    originals: PathBuf,
}

impl Job {
    /// An empty project.
    fn new(sandbox: &Sandbox, client: Client, python: Python) -> Self {
        Self {
            client,
            python,
            project: sandbox.directory("project"),
            originals: sandbox.directory("originals"),
        }
    }

    /// A command of `privyseal repo` that must succeed.
    fn repo(&self, words: &str) -> String {
        self.client.ok(&self.in_project(words))
    }

    fn in_project(&self, words: &str) -> String {
        format!("repo -C {} {words}", self.project.display())
    }

    fn generate(&self, keys: &[&str], more: &str) {
        for key in keys {
            self.client.ok(&format!(
                "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME} {more}"
            ));
        }
    }

    /// Writes originals and adds them all.
    fn add(&self, files: &[(&str, &[u8])]) {
        for (path, content) in files {
            let path = self.originals.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        self.repo(&format!("add {}", self.originals.display()));
    }

    fn sign_and_publish(&self) {
        self.sign_and_publish_with("");
    }

    /// With dangers that are meant, with commas between.
    fn sign_and_publish_although(&self, dangers: &str) {
        self.sign_and_publish_with(&format!("--accept {dangers}"));
    }

    fn sign_and_publish_with(&self, words: &str) {
        self.repo(&format!("sign --yes {words}"));
        self.repo("publish");
        self.repo("verify");
    }

    fn repository(&self) -> PathBuf {
        self.project.join("repository")
    }

    /// python-tuf begins with the first root and downloads every target.
    fn judge(&self, repository: &Path) -> Answer {
        let repository = repository.to_str().unwrap();
        let originals = self.originals.to_str().unwrap();
        self.python
            .script("tuf_client.py", [repository, "--originals", originals], "")
    }

    /// python-tuf accepts what is published, with these versions of root to timestamp.
    fn assert_downloads(&self, targets: usize, versions: [u64; 4]) {
        let said = self.judge(&self.repository());
        let [root, of_targets, snapshot, timestamp] = versions;
        let expected = format!(
            "downloaded {targets} targets (root {root}, targets {of_targets}, \
             snapshot {snapshot}, timestamp {timestamp})"
        );
        assert!(
            said.status == 0 && said.stdout.contains(&expected),
            "{expected}: {said:?}"
        );
    }

    /// python-tuf refuses the published repository with one flipped byte in this file.
    fn assert_refused_with_a_flipped_byte(&self, path: &Path) {
        let file = self.repository().join(path);
        let good = fs::read(&file).unwrap();
        // Within the document's "signed" part, or anywhere in a target.
        let at = good.windows(10).position(|text| text == b"\"expires\":");
        let at = at.map_or(good.len() / 2, |at| at + 15);
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, bad).unwrap();
        let said = self.judge(&self.repository());
        assert!(
            said.status == 1 && said.stdout.contains("refused"),
            "{}: {said:?}",
            path.display()
        );
        fs::write(file, good).unwrap();
    }

    /// The file in `metadata/` or `targets/` whose name ends so.
    fn file(&self, directory: &str, end: &str) -> PathBuf {
        let entries = fs::read_dir(self.repository().join(directory)).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let name = names.find(|name| name.ends_with(end));
        Path::new(directory).join(name.unwrap_or_else(|| panic!("no {end} in {directory}")))
    }
}

const FILES: &[(&str, &[u8])] = &[
    ("hello.txt", b"hello\n"),
    ("empty", b""),
    ("deep/er/and deeper/naïve.bin", &[0, 1, 2, 255]),
];

#[test]
fn sign_publish_update_and_rotate() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let job = Job::new(&stage.sandbox, stage.client("client"), python);
    job.generate(
        &[
            "root-1", "root-2", "root-3", "root-4", "targets", "snapshot", "ts-1", "ts-2",
        ],
        "",
    );
    job.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 root-3 \
         --root-threshold 2 --targets targets --snapshot snapshot --timestamp ts-1"
    ));
    job.add(FILES);
    job.sign_and_publish();
    job.assert_downloads(FILES.len(), [1, 1, 1, 1]);

    job.add(&[("hello.txt", b"hello again\n"), ("new/one.txt", b"one")]);
    job.sign_and_publish_although("replaced-target");
    job.assert_downloads(FILES.len() + 1, [1, 2, 2, 2]);

    job.repo("rotate root --add root-4 --remove root-1");
    job.sign_and_publish();
    let said = job.judge(&job.repository());
    assert!(said.stdout.contains("(root 2,"), "{said:?}");

    job.repo("rotate timestamp --add ts-2 --remove ts-1");
    job.repo("rotate root --threshold 3");
    job.sign_and_publish_although("online-key");
    let said = job.judge(&job.repository());
    assert!(said.stdout.contains("(root 3,"), "{said:?}");

    for name in ["2.root.json", "3.root.json"] {
        job.assert_refused_with_a_flipped_byte(&Path::new("metadata").join(name));
    }
    let newest = |role: &str| {
        let names = (1..20)
            .rev()
            .map(|version| format!("metadata/{version}.{role}.json"));
        let mut there = names.filter(|name| job.repository().join(name).exists());
        PathBuf::from(there.next().unwrap())
    };
    job.assert_refused_with_a_flipped_byte(&newest("targets"));
    job.assert_refused_with_a_flipped_byte(&newest("snapshot"));
    job.assert_refused_with_a_flipped_byte(Path::new("metadata/timestamp.json"));
    let hello = privyseal_tuf::Sha256Digest::of(b"hello again\n");
    let hello = job.file("targets", &format!("{hello}.hello.txt"));
    job.assert_refused_with_a_flipped_byte(&hello);
    assert_eq!(job.judge(&job.repository()).status, 0, "all is as it was");
}

#[test]
fn keys_of_three_algorithms_in_one_repository() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let job = Job::new(&stage.sandbox, stage.client("client"), python);
    job.generate(&["root-1", "timestamp"], "--algorithm ecdsa-p256");
    job.generate(&["root-2", "snapshot"], "--algorithm ed25519");
    job.generate(&["root-3"], "--algorithm rsa-pss-2048");
    job.generate(&["targets"], "--algorithm rsa-pss-3072");
    job.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root-1 root-2 root-3 \
         --root-threshold 3 --targets targets --snapshot snapshot --timestamp timestamp"
    ));
    job.add(FILES);
    job.sign_and_publish();
    job.assert_downloads(FILES.len(), [1, 1, 1, 1]);
    job.repo("renew root");
    job.sign_and_publish();
    let said = job.judge(&job.repository());
    assert!(said.stdout.contains("(root 2,"), "{said:?}");
}

#[test]
fn one_repository_over_two_agents_and_tokens() {
    let Some(python) = Python::find().filter(|_| require::softhsm()) else {
        return;
    };
    let sandbox = Sandbox::new();
    // Two tokens that no module sees together.
    let [safe, online] = ["safe", "online"].map(|name| {
        let token = Tokens::new(&sandbox, &format!("{name}-tokens")).token(name);
        Agent::running(&sandbox, name, &Setup::new(&token))
    });
    let client = Client::of_several(&sandbox, "client", &[("safe", &safe), ("online", &online)]);
    let job = Job::new(&sandbox, client, python);
    job.generate(&["root-a", "targets"], "--agent safe");
    job.generate(&["root-b", "snapshot", "timestamp"], "--agent online");
    job.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root safe:root-a online:root-b \
         --root-threshold 2 --targets safe:targets --snapshot online:snapshot \
         --timestamp online:timestamp"
    ));
    job.add(FILES);
    job.sign_and_publish();
    job.assert_downloads(FILES.len(), [1, 1, 1, 1]);

    job.add(&[("hello.txt", b"hello from two\n")]);
    job.repo("renew root");
    job.sign_and_publish_although("replaced-target");
    let said = job.judge(&job.repository());
    assert!(said.stdout.contains("(root 2, targets 2,"), "{said:?}");
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
