//! A signed project, and what clients must get from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use privyseal_tests::client::{Answer, Client};
use privyseal_tests::ngclient::{NgClient, Question, Versions};
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;

const NAME: &str = "example.org/app";

/// Names that want care in URLs, keys and paths, as far as clients ask for them: python-tuf takes
/// `#` and `%` in a name for parts of the URL.
pub(crate) const FILES: &[(&str, &[u8])] = &[
    ("hello.txt", b"hello\n"),
    ("empty", b""),
    ("deep/er/and deeper/naïve +~.bin", &[0, 1, 2, 255]),
    ("app/one", b"of a delegated role"),
];

/// A project on an agent, with a judge.
pub(crate) struct Ground {
    pub(crate) stage: Stage,
    pub(crate) client: Client,
    pub(crate) judge: NgClient,
    /// The project's directory.
    pub(crate) project: PathBuf,
    /// What clients must get; none for what is gone.
    pub(crate) targets: BTreeMap<String, Option<Vec<u8>>>,
}

impl Ground {
    /// A project with a delegated role and [`FILES`], signed. Nothing is published.
    pub(crate) fn signed() -> Option<Self> {
        let stage = Stage::new()?;
        let judge = NgClient::start()?;
        let mut ground = Self {
            client: stage.client("client"),
            judge,
            project: stage.sandbox.join("project"),
            targets: BTreeMap::new(),
            stage,
        };
        for key in ["root-1", "root-2", "targets", "online", "online-2", "app"] {
            ground.client.ok(&format!(
                "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
            ));
        }
        ground.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root root-1 \
             --targets targets --snapshot online --timestamp online"
        ));
        ground.repo("delegate app --key app --path app/*");
        for (path, content) in FILES {
            ground.add(path, content);
        }
        ground.sign();
        Some(ground)
    }

    /// As [`Self::signed`], and published in the project's own directory.
    pub(crate) fn published() -> Option<Self> {
        let ground = Self::signed()?;
        ground.repo("publish");
        Some(ground)
    }

    /// Adds a target, or replaces it.
    pub(crate) fn add(&mut self, path: &str, content: &[u8]) {
        let file = self.sandbox().write("added", content);
        let project = self.project.to_str().unwrap();
        let role = if path.starts_with("app/") {
            "app"
        } else {
            "targets"
        };
        let words = [
            "repo",
            "-C",
            project,
            "add",
            file.to_str().unwrap(),
            "--as",
            path,
        ];
        let answer = self.client.run_with(words.iter().chain(&["--role", role]));
        assert_eq!(answer.status, 0, "{answer:?}");
        self.targets.insert(path.to_owned(), Some(content.to_vec()));
    }

    /// Removes a target.
    pub(crate) fn remove(&mut self, path: &str) {
        self.repo(&format!("remove {path}"));
        self.targets.insert(path.to_owned(), None);
    }

    /// A change of every kind: targets that are new, replaced and gone, in two roles.
    pub(crate) fn change(&mut self) {
        self.add("hello.txt", b"hello again\n");
        self.add("new/er/one", b"new");
        self.add("app/two", b"another");
        self.remove("empty");
        self.sign();
    }

    /// Takes the snapshot's and timestamp's key away in favour of another one.
    pub(crate) fn rotate_online_key(&self) {
        self.repo("rotate snapshot --add online-2 --remove online");
        self.repo("rotate timestamp --add online-2 --remove online");
        self.sign();
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.stage.sandbox
    }

    /// Has the drafts signed. Their changes are meant, dangerous as they would be elsewhere.
    pub(crate) fn sign(&self) -> String {
        self.repo("sign --yes --accept replaced-target,removed-target,online-key,unknown-key")
    }

    /// A command of `privyseal repo` that must succeed.
    pub(crate) fn repo(&self, words: &str) -> String {
        let answer = self.try_repo(words);
        assert_eq!(answer.status, 0, "repo {words}: {answer:#?}");
        answer.stdout
    }

    pub(crate) fn try_repo(&self, words: &str) -> Answer {
        self.command(words).output().unwrap().into()
    }

    /// A command of `privyseal repo`, not started yet.
    pub(crate) fn command(&self, words: &str) -> Command {
        command_in(&self.client, &self.project, words)
    }

    /// The project's own copy.
    pub(crate) fn repository(&self) -> PathBuf {
        self.project.join("repository")
    }

    /// A client that must get every target from a directory or a URL.
    pub(crate) fn question(&self, from: impl Into<String>) -> Question {
        let root = self.repository().join("metadata/1.root.json");
        let mut question = Question::new(from, &root);
        for (path, content) in &self.targets {
            question = question.target(path, content.as_deref());
        }
        question
    }

    /// A new client gets every target; returns the versions that it trusts.
    pub(crate) fn assert_accepted(&mut self, from: &str) -> Versions {
        let question = self.question(from);
        match self.judge.ask(&question) {
            Ok(versions) => versions,
            Err(why) => panic!("python-tuf refuses {from}: {why}"),
        }
    }
}

/// A command of `privyseal repo` in a project.
pub(crate) fn command_in(client: &Client, project: &Path, words: &str) -> Command {
    let project = project.to_str().unwrap();
    let words = ["repo", "-C", project].into_iter().chain(words.split(' '));
    client.command(words.filter(|word| !word.is_empty()))
}

/// A copy of a directory with all that is in it.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success(), "{}", from.display());
}

/// Every file below a directory, by its relative path.
pub(crate) fn files_below(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(directory).unwrap();
                files.push(relative.to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}
