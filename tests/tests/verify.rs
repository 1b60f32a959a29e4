//! Verification of published repositories, held against python-tuf's client.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::python::Python;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::web::Web;
use privyseal_tuf::{FindError, MetaFile, Role, RoleType, TargetPath, TrustedRepository};
use serde_json::Value;

/// How many random trees of delegations are compared.
const TREES: u32 = 40;

/// A repository with delegations that python-tuf made, and what its client finds there.
struct Case {
    name: String,
    directory: PathBuf,
    /// For each path: length and SHA-256, null, or "refused".
    found: Vec<(String, Value)>,
}

/// Those that have a name, and so many random trees.
fn cases(sandbox: &Sandbox, trees: u32) -> Option<Vec<Case>> {
    let python = Python::find()?;
    let base = sandbox.directory("repositories");
    let seed = std::process::id().to_string();
    if trees > 0 {
        println!("the random trees' seed is {seed}");
    }
    let arguments = [base.to_str().unwrap(), &trees.to_string(), &seed];
    let made = python.script("make_delegations.py", arguments, "");
    assert_eq!(made.status, 0, "{made:?}");
    let cases: Value = serde_json::from_str(&made.stdout).unwrap();
    let case = |value: &Value| {
        let name = value["name"].as_str().unwrap().to_owned();
        let found = value["found"].as_object().unwrap().clone();
        Case {
            directory: base.join(&name),
            name,
            found: found.into_iter().collect(),
        }
    };
    Some(cases.as_array().unwrap().iter().map(case).collect())
}

impl Case {
    fn root(&self) -> PathBuf {
        self.directory.join("metadata/1.root.json")
    }

    fn trusted(&self) -> TrustedRepository {
        let first = fs::read(self.root()).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let mut trusted = TrustedRepository::new(&first, now).unwrap();
        let read = |trusted: &TrustedRepository, role: RoleType| {
            read(
                &self.directory,
                trusted,
                &role.into(),
                &MetaFile::of_version(1),
            )
            .unwrap()
        };
        let timestamp = read(&trusted, RoleType::Timestamp);
        trusted.update_timestamp(&timestamp).unwrap();
        let snapshot = read(&trusted, RoleType::Snapshot);
        trusted.update_snapshot(&snapshot).unwrap();
        let targets = read(&trusted, RoleType::Targets);
        trusted.update_targets(&targets).unwrap();
        trusted
    }

    /// What this project's search says of a path, in the words of the script.
    fn search(&self, trusted: &TrustedRepository, path: &str) -> Value {
        let path: TargetPath = path.parse().unwrap();
        let fetch = |role: &Role, file: &MetaFile| read(&self.directory, trusted, role, file);
        match trusted.find_target(&path, fetch) {
            Ok(None) | Err(FindError::TooManyRoles(_)) => Value::Null,
            Err(_) => "refused".into(),
            Ok(Some(found)) => {
                let sha256 = found.target.hashes.sha256().unwrap().to_string();
                serde_json::json!({ "length": found.target.length, "sha256": sha256 })
            }
        }
    }

    /// How many of the paths python-tuf finds.
    fn count(&self, is: impl Fn(&Value) -> bool) -> usize {
        self.found.iter().filter(|(_, found)| is(found)).count()
    }
}

fn read(
    directory: &Path,
    trusted: &TrustedRepository,
    role: &Role,
    file: &MetaFile,
) -> std::io::Result<Vec<u8>> {
    let name = role.file_name(file.version);
    let plain = name.split_once('.').unwrap().1;
    let name = match trusted.root().consistent_snapshot {
        Some(true) => &name,
        _ if *role == Role::from(RoleType::Timestamp) => &name,
        _ => plain,
    };
    fs::read(directory.join("metadata").join(name))
}

fn client(sandbox: &Sandbox) -> Client {
    // It asks no agent.
    Client::of_nobody(sandbox, "client")
}

fn verify(client: &Client, source: &str, root: &Path, more: &str) -> Answer {
    let root = root.display();
    client.run(&format!("verify {source} --root {root} {more}"))
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:#?}"))
}

#[test]
fn searches_find_what_python_tuf_finds() {
    let sandbox = Sandbox::new();
    let Some(cases) = cases(&sandbox, TREES) else {
        return;
    };
    let (mut found, mut nothing, mut refused) = (0, 0, 0);
    for case in &cases {
        let trusted = case.trusted();
        for (path, theirs) in &case.found {
            let ours = case.search(&trusted, path);
            assert_eq!(ours, *theirs, "{path} in {}", case.name);
        }
        found += case.count(Value::is_object);
        nothing += case.count(Value::is_null);
        refused += case.count(Value::is_string);
    }
    assert!(found > 100 && nothing > 100 && refused > 10);
}

#[test]
fn what_verifies_is_what_python_tuf_takes() {
    let sandbox = Sandbox::new();
    let Some(cases) = cases(&sandbox, TREES) else {
        return;
    };
    let client = client(&sandbox);
    for case in &cases {
        let source = case.directory.to_str().unwrap();
        let answer = verify(&client, source, &case.root(), "--json");
        let refused = case.count(Value::is_string);
        let expected = if refused == 0 { 0 } else { 3 };
        assert_eq!(answer.status, expected, "{}: {answer:#?}", case.name);
        let report = json(&answer);
        assert_eq!(report["verified"], refused == 0, "{}", case.name);
        // Paths without any entry are not in the report; the others are found, or are told.
        let found = case.count(Value::is_object);
        assert_eq!(report["targets"], found, "{}: {report:#}", case.name);
        for unfound in report["unfound"].as_array().unwrap() {
            let (path, role) = (unfound["path"].as_str().unwrap(), &unfound["role"]);
            let theirs = &case.found.iter().find(|(name, _)| name == path).unwrap().1;
            let content = format!("{path} of {}", role.as_str().unwrap());
            let sha256 = privyseal_tuf::Sha256Digest::of(content.as_bytes()).to_string();
            assert_ne!(theirs["sha256"], sha256, "{}: {unfound}", case.name);
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let sandbox = Sandbox::new();
    let Some(cases) = cases(&sandbox, 0) else {
        return;
    };
    let client = client(&sandbox);
    for (name, problem) in [
        (
            "wrong-key",
            "app: the document has 0 of 1 signatures: ask other keys of the role to sign (keys of the delegation by targets version 1)",
        ),
        (
            "lowered-version",
            "app: version 1, where version 2 was to come (delegated by targets)",
        ),
        (
            "missing-bin",
            "2.bin-5.json is missing (delegated by targets)",
        ),
        (
            "unlisted-bin",
            "bin-5: the snapshot lists 7 of the 8 bins of targets, and not this",
        ),
    ] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let answer = verify(&client, case.directory.to_str().unwrap(), &case.root(), "");
        answer.assert_refused(3, problem);
    }
    for (name, warning) in [
        (
            "paths",
            "no client finds c, which app lists: no delegation of that path leads there",
        ),
        (
            "prefixes",
            "which high lists: no delegation of that path leads there",
        ),
        (
            "nested",
            "no client finds a/1, which c lists: a is asked before and has another entry",
        ),
        (
            "terminating",
            "which b lists: a terminating delegation ends the search before",
        ),
        (
            "succinct",
            "targets delegates to succinct bins (TAP 15): tough reads none",
        ),
    ] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let answer = verify(&client, case.directory.to_str().unwrap(), &case.root(), "");
        assert!(answer.stdout.contains(warning), "{answer:#?}");
    }
}

#[test]
fn a_served_repository_verifies_like_its_directory() {
    let sandbox = Sandbox::new();
    let Some(cases) = cases(&sandbox, 0) else {
        return;
    };
    let client = client(&sandbox);
    for name in ["paths", "succinct", "plain-names", "strange-names"] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let web = Web::serve(&case.directory);
        let here = verify(&client, case.directory.to_str().unwrap(), &case.root(), "");
        let there = verify(&client, &web.url(), &case.root(), "");
        assert_eq!(here.status, 0, "{here:#?}");
        assert_eq!(there.stdout, here.stdout, "{there:#?}");
        assert!(web.asked().iter().any(|path| path.starts_with("targets/")));
    }
}

#[test]
fn one_target_is_found_without_the_rest() {
    let sandbox = Sandbox::new();
    let Some(cases) = cases(&sandbox, 0) else {
        return;
    };
    let client = client(&sandbox);
    let case = cases.iter().find(|case| case.name == "succinct").unwrap();
    let web = Web::serve(&case.directory);
    let answer = verify(&client, &web.url(), &case.root(), "--find a/b/1 --json");
    assert_eq!(answer.status, 0, "{answer:#?}");
    let expected = &case
        .found
        .iter()
        .find(|(path, _)| path == "a/b/1")
        .unwrap()
        .1;
    let report = json(&answer);
    assert_eq!(report["found"]["length"], expected["length"]);
    assert_eq!(report["found"]["hashes"]["sha256"], expected["sha256"]);
    let asked = web.asked();
    let bins = asked.iter().filter(|path| path.contains("bin-")).count();
    assert_eq!(bins, 1, "{asked:?}");
    let answer = verify(&client, &web.url(), &case.root(), "--find nothing");
    answer.assert_refused(1, "no role that clients ask for nothing has it");
}

#[test]
fn a_server_that_is_not_there_says_nothing_of_the_repository() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    let answer = client.run("verify http://127.0.0.1:1/ --every-root");
    answer.assert_refused(1, "the repository is not verified");
    let answer = client.run("verify ftp://127.0.0.1/ --every-root");
    answer.assert_refused(2, "is no URL of http or https");
    let answer = client.run("verify .");
    answer.assert_refused(2, "--every-root");
}
