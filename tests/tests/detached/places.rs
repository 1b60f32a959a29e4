//! A project in an office, and places that get only files from there.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::agent::Agent;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::python::Python;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::token::{Token, Tokens};
use privyseal_tuf::Document;

pub(crate) const NAME: &str = "example.org/app";

/// A place with a token, an agent and a person.
pub(crate) struct Place {
    pub(crate) client: Client,
    _agent: Agent,
    pub(crate) token: Token,
}

impl Place {
    pub(crate) fn new(sandbox: &Sandbox, name: &str) -> Self {
        let token = Tokens::new(sandbox, &format!("{name}-tokens")).token(name);
        let agent = Agent::running(sandbox, &format!("{name}-agent"), &Setup::new(&token));
        let client = Client::new(sandbox, &format!("{name}-home"), &agent);
        Self {
            client,
            _agent: agent,
            token,
        }
    }

    /// Generates a key, and writes its public key to a file that the others get.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        generate(&self.client, name);
        let shown = self.client.ok(&format!("key show {name} --json"));
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let path = self.client.home().join(format!("{name}.pem"));
        fs::write(&path, shown["public_key"].as_str().unwrap()).unwrap();
        path
    }
}

pub(crate) fn generate(client: &Client, name: &str) {
    client.ok(&format!(
        "key generate {name} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
    ));
}

/// The place where the project is.
pub(crate) struct Office {
    pub(crate) client: Client,
    pub(crate) project: PathBuf,
    /// What was sent and came back.
    pub(crate) post: PathBuf,
}

impl Office {
    pub(crate) fn new(sandbox: &Sandbox, client: &Client) -> Self {
        for key in ["targets", "online"] {
            generate(client, key);
        }
        Self {
            client: client.clone(),
            project: sandbox.directory("project"),
            post: sandbox.directory("post"),
        }
    }

    /// A project with these root keys, of which so many must sign.
    pub(crate) fn init(&self, root: &[(&str, &Path)], threshold: usize) {
        let keys = root
            .iter()
            .map(|(owner, file)| format!("{owner}={}", file.display()));
        let keys = keys.collect::<Vec<_>>().join(" ");
        self.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root {keys} \
             --root-threshold {threshold} --targets targets --snapshot online --timestamp online"
        ));
    }

    pub(crate) fn command(&self, words: &str) -> String {
        format!("repo -C {} {words}", self.project.display())
    }

    pub(crate) fn repo(&self, words: &str) -> String {
        self.client.ok(&self.command(words))
    }

    pub(crate) fn try_repo(&self, words: &str) -> Answer {
        self.client.run(&self.command(words))
    }

    /// Makes another draft of the root, which expires after so long.
    pub(crate) fn expire(&self, period: &str) {
        let path = self.project.join("privyseal.toml");
        let text = fs::read_to_string(&path).unwrap();
        let new = format!("expires = \"{period}\"");
        fs::write(&path, text.replacen("expires = \"365d\"", &new, 1)).unwrap();
        self.repo("renew root");
    }

    /// Exports the root draft and its payload.
    pub(crate) fn export(&self, name: &str) -> (PathBuf, PathBuf) {
        let draft = self.post.join(format!("{name}.draft.json"));
        let payload = self.post.join(format!("{name}.payload"));
        self.repo(&format!(
            "draft export root -o {} --payload {}",
            draft.display(),
            payload.display()
        ));
        (draft, payload)
    }

    pub(crate) fn attach(&self, files: &[&Path]) -> Answer {
        let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        self.try_repo(&format!("attach {}", files.join(" ")))
    }

    pub(crate) fn attached(&self, files: &[&Path]) -> String {
        let answer = self.attach(files);
        assert_eq!(answer.status, 0, "{answer:#?}");
        answer.stdout
    }

    pub(crate) fn root_signatures(&self) -> usize {
        let draft = fs::read(self.project.join("draft/root.json")).unwrap();
        Document::parse(&draft).unwrap().signatures().len()
    }

    /// Signs what comes after a finished root, and publishes all of it.
    pub(crate) fn sign_and_publish(&self) {
        let original = self.post.join("hello.txt");
        if !original.exists() {
            fs::write(&original, "hello\n").unwrap();
            self.repo(&format!("add {}", original.display()));
        }
        self.repo("sign --yes");
        self.repo("publish");
        self.repo("verify");
    }

    /// python-tuf begins with the first root, accepts the last one, and downloads the target.
    pub(crate) fn assert_accepted(&self, python: &Python, root: u64) {
        let repository = self.project.join("repository");
        let said = python.script("tuf_client.py", [repository.to_str().unwrap()], "");
        let expected = format!("downloaded 1 targets (root {root},");
        assert!(
            said.status == 0 && said.stdout.contains(&expected),
            "{said:?}"
        );
    }
}

/// A copy of a file, as it arrives by mail.
pub(crate) fn sent(file: &Path, place: &Place) -> PathBuf {
    let copy = place.client.home().join(file.file_name().unwrap());
    fs::copy(file, &copy).unwrap();
    copy
}

/// The keyid of an owner, as privyseal.toml has it.
pub(crate) fn keyid(office: &Office, owner: &str) -> String {
    let text = fs::read_to_string(office.project.join("privyseal.toml")).unwrap();
    let settings: toml::Value = toml::from_str(&text).unwrap();
    let keys = settings["root"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["owner"].as_str() == Some(owner));
    key.unwrap()["keyid"].as_str().unwrap().to_owned()
}
