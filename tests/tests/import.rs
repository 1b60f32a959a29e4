//! Repositories that python-tuf made are imported, changed and signed, and go on for its clients.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::foreign::Foreign;
use privyseal_tests::project::{Project, files};
use privyseal_tests::python::Python;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use privyseal_tests::tuf_client::{PythonTuf, Tuftool};
use privyseal_tests::web::Web;
use serde_json::Value;

const NAME: &str = "example.org/foreign";

/// An agent, python-tuf, and a repository that it made.
struct Scene {
    _stage: Stage,
    foreign: Foreign,
    python: PythonTuf,
    project: Project,
    /// A client of the repository who has been there for long.
    home: PathBuf,
}

impl Scene {
    fn new(shape: &str) -> Option<Self> {
        let (stage, python, tuf) = (Stage::new()?, Python::find()?, PythonTuf::find()?);
        let foreign = Foreign::make(&stage.sandbox, &python, shape, &[]);
        Some(Self::of(stage, foreign, tuf))
    }

    fn of(stage: Stage, foreign: Foreign, python: PythonTuf) -> Self {
        let project = Project::new(&stage.sandbox, "project", stage.client("client"));
        foreign.give_originals(&project);
        let home = stage.sandbox.join("home");
        let scene = Self {
            _stage: stage,
            foreign,
            python,
            project,
            home,
        };
        scene.import();
        let said = scene.python.accepts(&scene.project, &[], Some(&scene.home));
        println!("before: {said}");
        scene
    }

    fn import(&self) {
        let first = self.foreign.metadata("1.root.json");
        let source = self.foreign.repository();
        let root = ["--root", first.to_str().unwrap()];
        let said = import(&self.project, source.to_str().unwrap(), &root);
        assert_eq!(said.status, 0, "{said:#?}");
        self.project.repo("enroll");
    }

    fn generate(&self, keys: &[&str]) {
        for key in keys {
            generate(&self.project.client, key);
        }
    }

    /// Has the agent sign what it can; the rest is left to others.
    fn sign(&self, accept: &str, status: i32) -> Answer {
        let words = match accept {
            "" => "sign --yes".to_owned(),
            accept => format!("sign --yes --accept {accept}"),
        };
        let said = self.project.try_repo(&words);
        assert_eq!(said.status, status, "{said:#?}");
        said
    }

    /// Takes keys of signers out, and those of the agent in.
    fn rotate(&self, role: &str, add: &str, remove: &[&str], more: &str) {
        let owners: Vec<String> = remove.iter().map(|name| self.foreign.owner(name)).collect();
        let remove = owners.join(" ");
        self.project.repo(&format!(
            "rotate {role} --add {add} --remove {remove} {more}"
        ));
    }

    /// How often each field that nobody knows stands in what is published last.
    fn unknown(&self) -> BTreeMap<&'static str, usize> {
        let published = files(&self.project.repository().join("metadata"));
        let newest = |role: &str| {
            let version = |name: &String| name.split('.').next()?.parse::<u64>().ok();
            let of_role = published.iter().filter(|(name, _)| {
                name.split_once('.')
                    .is_some_and(|(_, rest)| rest == format!("{role}.json"))
            });
            let newest = of_role.max_by_key(|(name, _)| version(name)).unwrap();
            String::from_utf8(newest.1.clone()).unwrap()
        };
        let text: String = ["root", "targets", "app", "snapshot"].map(newest).concat();
        let text: String = text.split_whitespace().collect();
        let fields = [
            "x-top",
            "x-role",
            "x-targets",
            "x-delegations",
            "x-target\":",
            "x-meta",
            "x-serial",
            "custom",
            "channel",
            "\"app\":1",
        ];
        let counts = fields.map(|field| (field, text.matches(field).count()));
        assert!(counts.iter().all(|(_, count)| *count > 0), "{counts:?}");
        counts.into()
    }

    /// Clients who begin with the first root, and those who have been there, get everything.
    fn judge(&self) -> String {
        let new = self.python.accepts(&self.project, &[], None);
        let old = self.python.accepts(&self.project, &[], Some(&self.home));
        let top = |versions: &str| versions.split(';').next().unwrap().to_owned();
        assert_eq!(top(&new), top(&old));
        new
    }
}

fn generate(client: &Client, key: &str) {
    client.ok(&format!(
        "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
    ));
}

fn import(project: &Project, source: &str, more: &[&str]) -> Answer {
    let names = ["--authority", AUTHORITY, "--repository", NAME];
    project.try_repo_with(&[&["import", source], &names[..], more].concat())
}

/// The dangers of taking other people's keys out and one's own in.
const MOVING: &str = "concentration,online-key,threshold";

#[test]
fn a_repository_with_everything_in_it_moves_to_an_agent() {
    let Some(scene) = Scene::new("mixed") else {
        return;
    };
    let (project, repository) = (&scene.project, scene.foreign.repository());
    assert_eq!(
        files(&project.repository()),
        files(&repository),
        "every byte"
    );
    let status = project.repo("status");
    for role in ["root", "app", "nested", "odd.name_1"] {
        assert!(status.contains(role), "{status}");
    }
    assert!(
        project.repo("diff").contains("no change"),
        "nothing has changed"
    );

    // The roles of root change hands; the old keys agree to it elsewhere.
    scene.generate(&["root-a", "root-b", "targets", "online", "app", "bins"]);
    scene.rotate(
        "root",
        "root-a root-b",
        &["root-1", "root-2", "root-3"],
        "--threshold 2",
    );
    scene.rotate("targets", "targets", &["targets"], "");
    scene.rotate("snapshot", "online", &["online"], "");
    scene.rotate("timestamp", "online", &["online"], "");
    scene.sign(MOVING, 3);
    scene.foreign.sign(project, "root", &["root-1", "root-3"]);
    project.sign_and_publish(MOVING);
    let versions = scene.judge();
    let moved = "root 3, targets 4, snapshot 6, timestamp 6; app 7, bin-0 2, bin-1 2, bin-2 2, bin-3 2, nested 1, odd.name_1 1";
    assert_eq!(versions, moved);

    // Targets and delegations change; what nobody here understands stays.
    let before = scene.unknown();
    scene.rotate("app", "app", &["app", "team"], "--threshold 1");
    scene.rotate("bin-*", "bins", &["bins"], "");
    project.repo("delegate docs --key targets --path docs/*");
    project.add(
        &[
            ("top.txt", b"another top\n"),
            ("dir/custom.bin", b"another custom\n"),
            ("hashed/new.txt", b"new in a bin\n"),
        ],
        "",
    );
    project.add(&[("app/new.txt", b"new in app\n")], "--role app");
    project.add(&[("docs/a.txt", b"docs\n")], "--role docs");
    project.sign_and_publish("concentration,replaced-target,threshold,widened-path,priority");
    let versions = scene.judge();
    let changed = "root 3, targets 5, snapshot 7, timestamp 7; app 8, bin-0 3, bin-1 3, bin-2 3, bin-3 3, docs 1, nested 1, odd.name_1 1";
    assert_eq!(versions, changed);
    assert_eq!(scene.unknown(), before);
}

/// Old signers who go on signing elsewhere, under keyids that are not the hashes of their keys; and
/// a key that an agent holds, under such a keyid too.
#[test]
fn a_repository_of_tuf_on_ci_is_signed_as_it_is() {
    let (Some(stage), Some(python), Some(tuf)) = (Stage::new(), Python::find(), PythonTuf::find())
    else {
        return;
    };
    let client = stage.client("generating");
    generate(&client, "ours");
    let shown: Value = serde_json::from_str(&client.ok("key show ours --json")).unwrap();
    let pem = shown["public_key"].as_str().unwrap();
    let pem = stage.sandbox.write("ours.pem", pem);
    let held = format!("ours-by-another-name={}", pem.display());
    let foreign = Foreign::make(&stage.sandbox, &python, "tuf-on-ci", &["--held", &held]);
    let scene = Scene::of(stage, foreign, tuf);
    let project = &scene.project;
    let settings = fs::read_to_string(project.directory().join("privyseal.toml")).unwrap();
    for line in [
        "agent = \"default\", name = \"ours\", keyid = \"ours-by-another-name\"",
        "owner = \"@alice\"",
        "owner = \"gcpkms:projects/x/keys/1\"",
        "[root]\nthreshold = 2\nexpires = \"197d\"",
        "[timestamp]\nthreshold = 1\nexpires = \"21d\"",
        "[delegated.team]\nby = [\"targets\"]\nexpires = \"123d\"",
    ] {
        assert!(settings.contains(line), "{line}: {settings}");
    }

    project.add(&[("more.txt", b"more\n")], "");
    scene.sign("", 3);
    for role in ["snapshot", "timestamp"] {
        scene.foreign.sign(project, role, &["online"]);
        scene.sign("", if role == "snapshot" { 3 } else { 0 });
    }
    project.publish();
    let versions = "root 1, targets 2, snapshot 2, timestamp 2; team 1";
    assert_eq!(scene.judge(), versions);

    // The roots of old keys stay in their own hands.
    project.repo("renew root");
    scene.foreign.sign(project, "root", &["carol", "alice"]);
    project.sign_and_publish("");
    assert!(scene.judge().starts_with("root 2, targets 2,"));
    let root = fs::read_to_string(project.metadata("2.root.json")).unwrap();
    let count = |text: &str| root.matches(text).count();
    assert_eq!((count("x-tuf-on-ci-keyowner"), count("-period")), (3, 6));
}

#[test]
fn a_repository_without_consistent_snapshots_goes_on_without() {
    let Some(scene) = Scene::new("plain") else {
        return;
    };
    let project = &scene.project;
    let theirs = files(&scene.foreign.repository());
    let ours = files(&project.repository());
    assert!(
        theirs
            .iter()
            .all(|(name, bytes)| ours.get(name) == Some(bytes))
    );

    scene.generate(&["online", "app"]);
    for role in ["targets", "snapshot", "timestamp"] {
        scene.rotate(role, "online", &["online"], "");
    }
    scene.foreign.sign(project, "root", &["root"]);
    scene.sign(MOVING, 0);
    scene.rotate("app", "app", &["app"], "");
    project.add(
        &[("top.txt", b"another top\n"), ("more.txt", b"more\n")],
        "",
    );
    project.add(&[("app/new.txt", b"new\n")], "--role app");
    project.sign_and_publish("online-key,concentration,replaced-target");
    let versions = "root 2, targets 6, snapshot 11, timestamp 11; app 3";
    assert_eq!(scene.judge(), versions);
    let plain = fs::read(project.metadata("targets.json")).unwrap();
    assert_eq!(plain, fs::read(project.metadata("6.targets.json")).unwrap());
    assert!(project.repository().join("targets/top.txt").is_file());

    project.remove("top.txt");
    project.add(&[("app/x.txt", b"another x\n")], "--role app");
    project.sign_and_publish("removed-target,replaced-target");
    assert!(scene.judge().starts_with("root 2, targets 7,"));
}

#[test]
fn a_repository_is_imported_over_the_web() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let foreign = Foreign::make(&stage.sandbox, &python, "succinct", &[]);
    let web = Web::serve(&foreign.repository());
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    let said = import(&project, &web.url(), &[]);
    assert!(
        said.status == 3 && said.stderr.contains("first root"),
        "{said:#?}"
    );
    assert!(said.stdout.contains("SHA-256 of the file"), "{said:#?}");
    let owner = format!("{}=the bins' team", &foreign.keyids["bins"][..8]);
    let said = import(
        &project,
        &web.url(),
        &["--trust-first-root", "--owner", &owner],
    );
    assert_eq!(said.status, 0, "{said:#?}");
    assert!(said.stdout.contains("part-* (8)") && said.stdout.contains("the bins' team"));
    assert_eq!(files(&project.repository()), files(&foreign.repository()));
    project.repo("verify");

    let other = Project::new(&stage.sandbox, "other", stage.client("other-client"));
    let words = ["--no-targets", "--trust-first-root"];
    drop(web.asked());
    assert_eq!(import(&other, &web.url(), &words).status, 0);
    assert!(web.asked().iter().all(|path| path.starts_with("metadata/")));
    let metadata = |project: &Project| files(&project.repository().join("metadata"));
    assert_eq!(metadata(&other), metadata(&project));
}

#[test]
fn a_repository_of_tuftool_goes_on_for_tuftool() {
    let (Some(stage), Some(python), Some(tuftool), Some(tuf)) = (
        Stage::new(),
        Python::find(),
        Tuftool::find(),
        PythonTuf::find(),
    ) else {
        return;
    };
    let foreign = Foreign::of_tuftool(&stage.sandbox, &python, &tuftool);
    let scene = Scene::of(stage, foreign, tuf);
    let project = &scene.project;
    assert_eq!(
        files(&project.repository()),
        files(&scene.foreign.repository())
    );
    tuftool.accepts(project);
    scene.generate(&["root", "online"]);
    scene.rotate("root", "root", &["root"], "");
    for role in ["targets", "snapshot", "timestamp"] {
        scene.rotate(role, "online", &["online"], "");
    }
    scene.sign(MOVING, 3);
    scene.foreign.sign(project, "root", &["root"]);
    project.add(
        &[("hello.txt", b"hello again\n"), ("new.txt", b"new\n")],
        "",
    );
    project.sign_and_publish(&format!("{MOVING},replaced-target"));
    tuftool.accepts(project);
    assert!(scene.judge().starts_with("root 2, targets 4,"));
}

#[test]
fn an_expired_repository_comes_back_to_life() {
    const SIGN: &str = "sign --yes --clock-is-right --accept concentration,online-key";
    let (Some(stage), Some(python), Some(tuf)) = (Stage::new(), Python::find(), PythonTuf::find())
    else {
        return;
    };
    let foreign = Foreign::make(&stage.sandbox, &python, "succinct", &["--expired"]);
    let project = Project::new(&stage.sandbox, "project", stage.client("client"));
    foreign.give_originals(&project);
    let source = foreign.repository();
    let said = import(&project, source.to_str().unwrap(), &["--trust-first-root"]);
    assert!(
        said.status == 3 && said.stderr.contains("--allow-expired"),
        "{said:#?}"
    );
    let words = ["--trust-first-root", "--allow-expired"];
    let said = import(&project, source.to_str().unwrap(), &words);
    assert_eq!(said.status, 0, "{said:#?}");
    project.repo("enroll");
    for key in ["online", "bins"] {
        generate(&project.client, key);
    }
    for role in ["targets", "snapshot", "timestamp"] {
        let gone = foreign.owner("online");
        project.repo(&format!(
            "rotate {role} --add online --remove {gone} --clock-is-right"
        ));
    }
    foreign.sign(&project, "root", &["root"]);
    let said = project.try_repo(SIGN);
    assert_eq!(said.status, 0, "{said:#?}");
    let gone = foreign.owner("bins");
    project.repo(&format!(
        "rotate part-* --add bins --remove {gone} --clock-is-right"
    ));
    project.repo(SIGN);
    project.publish();
    let versions = tuf.accepts(&project, &[], None);
    assert!(versions.starts_with("root 2, targets 3,"), "{versions}");
}

/// What the project goes on with, it must have read whole: one bad byte, and there is no project.
#[test]
fn what_does_not_verify_is_not_imported() {
    let Some(python) = Python::find() else { return };
    let sandbox = Sandbox::new();
    let client = Client::without_agents(&sandbox, "client");
    let foreign = Foreign::make(&sandbox, &python, "mixed", &[]);
    let first = sandbox.write(
        "first.json",
        fs::read(foreign.metadata("1.root.json")).unwrap(),
    );
    let directory = sandbox.join("project");
    let run = |repository: &Path, more: &[&str]| {
        let (directory, repository) = (directory.to_str().unwrap(), repository.to_str().unwrap());
        let words = [
            "repo",
            "-C",
            directory,
            "import",
            repository,
            "--authority",
            AUTHORITY,
        ];
        client.run_with([&words[..], &["--repository", NAME], more].concat())
    };
    let root = ["--root", first.to_str().unwrap()];
    let nothing = |said: Answer, what: &str| {
        said.assert_refused(3, "nothing was imported");
        assert!(!directory.exists(), "{what}");
    };
    let repository = foreign.repository();
    for (name, good) in files(&repository) {
        let path = repository.join(&name);
        let at = good.windows(9).position(|text| text == b"\"version\"");
        let mut bad = good.clone();
        bad[at.map_or(good.len() / 2, |at| at + 3)] ^= 1;
        fs::write(&path, bad).unwrap();
        nothing(run(&repository, &root), &name);
        fs::remove_file(&path).unwrap();
        // That there is a later root, nobody can know who does not see it.
        if name != "metadata/2.root.json" {
            nothing(run(&repository, &root), &name);
        }
        fs::write(&path, good).unwrap();
    }
    let other = Foreign::make(&sandbox, &python, "plain", &[]);
    nothing(run(&other.repository(), &root), "another first root");
    let no_root = sandbox.write("no-root.json", "{}");
    let said = run(&repository, &["--root", no_root.to_str().unwrap()]);
    assert!(said.status == 1 && !directory.exists(), "{said:#?}");
    let said = run(
        &repository,
        &["--owner", "00000000=nobody", root[0], root[1]],
    );
    assert!(said.status == 1 && !directory.exists(), "{said:#?}");

    assert_eq!(run(&repository, &root).status, 0);
    let before = files(&directory);
    let said = run(&repository, &root);
    assert!(
        said.status == 1 && said.stderr.contains("is there already"),
        "{said:#?}"
    );
    assert_eq!(files(&directory), before);
}
