//! A project of the client, with the originals of its files, as clients see it over the web.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tuf::Sha256Digest;

use crate::client::{Answer, Client};
use crate::sandbox::Sandbox;
use crate::setup::AUTHORITY;
use crate::web::Web;

/// A project whose repository is served, whatever is published in it.
#[derive(Debug)]
pub struct Project {
    /// The client that works on it.
    pub client: Client,
    /// Who serves what is published.
    pub web: Web,
    directory: PathBuf,
    originals: PathBuf,
}

impl Project {
    /// A project in a new directory of the sandbox, which `privyseal repo init` is to make.
    #[must_use]
    pub fn new(sandbox: &Sandbox, name: &str, client: Client) -> Self {
        let directory = sandbox.directory(name);
        let originals = sandbox.directory(&format!("{name}-originals"));
        let web = Web::serve(&directory.join("repository"));
        Self {
            client,
            web,
            directory,
            originals,
        }
    }

    /// Has an agent make keys, named with spaces between, for a repository; `more` are further
    /// words of `privyseal key generate`.
    pub fn generate(&self, repository: &str, keys: &str, more: &str) {
        for key in keys.split(' ') {
            self.client.ok(&format!(
                "key generate {key} --keystore hsm --authority {AUTHORITY} \
                 --repository {repository} {more}"
            ));
        }
    }

    /// A command of `privyseal repo` that must succeed.
    pub fn repo(&self, words: &str) -> String {
        self.client.ok(&self.words(words))
    }

    /// A command of `privyseal repo`.
    #[must_use]
    pub fn try_repo(&self, words: &str) -> Answer {
        self.client.run(&self.words(words))
    }

    /// A command of `privyseal repo`, of arguments that may have spaces in them.
    #[must_use]
    pub fn try_repo_with(&self, arguments: &[&str]) -> Answer {
        let directory = self.directory.to_str().unwrap();
        let begin = ["repo", "-C", directory];
        self.client.run_with(begin.iter().chain(arguments))
    }

    fn words(&self, words: &str) -> String {
        format!("repo -C {} {words}", self.directory.display())
    }

    /// Writes the originals of targets, and adds them; `more` are further words of
    /// `privyseal repo add`.
    pub fn add(&self, files: &[(&str, &[u8])], more: &str) {
        for (path, content) in files {
            let original = self.original(path);
            fs::create_dir_all(original.parent().unwrap()).unwrap();
            fs::write(&original, content).unwrap();
            self.add_as(&original, path, more);
        }
    }

    fn add_as(&self, file: &Path, path: &str, more: &str) {
        let arguments = ["add", file.to_str().unwrap(), "--as", path];
        let more: Vec<&str> = more.split_whitespace().collect();
        let said = self.try_repo_with(&[&arguments, &more[..]].concat());
        assert_eq!(said.status, 0, "{path}: {said:#?}");
    }

    /// Adds a target that is not what clients are to get for its path.
    pub fn add_hidden(&self, path: &str, content: &[u8], more: &str) {
        let file = self.directory.join("hidden");
        fs::write(&file, content).unwrap();
        self.add_as(&file, path, more);
    }

    /// Removes a target and its original.
    pub fn remove(&self, path: &str) {
        self.repo(&format!("remove {path}"));
        fs::remove_file(self.original(path)).unwrap();
    }

    /// Signs what there is to sign, and publishes it. `accept` names the dangers that are meant,
    /// with commas between.
    pub fn sign_and_publish(&self, accept: &str) {
        let accept = match accept {
            "" => String::new(),
            dangers => format!("--accept {dangers}"),
        };
        self.repo(&format!("sign --yes {accept}"));
        self.publish();
    }

    /// Publishes, and has the client verify it.
    pub fn publish(&self) {
        self.repo("publish");
        self.repo("verify");
    }

    /// Where what is published is.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.directory.join("repository")
    }

    /// The published file of metadata of this name.
    #[must_use]
    pub fn metadata(&self, name: &str) -> PathBuf {
        self.repository().join("metadata").join(name)
    }

    /// The first root, which clients begin with.
    #[must_use]
    pub fn first_root(&self) -> PathBuf {
        self.metadata("1.root.json")
    }

    /// Its own directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What clients are to get: a file for each target path.
    #[must_use]
    pub fn originals(&self) -> &Path {
        &self.originals
    }

    /// What clients are to get, by target path.
    #[must_use]
    pub fn expected(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.originals)
    }

    /// The published files that a client needs who has the first root: the later roots, the newest
    /// of all other metadata, and the targets.
    #[must_use]
    pub fn newest(&self) -> Vec<String> {
        let mut needed = vec!["metadata/timestamp.json".to_owned()];
        let mut newest = BTreeMap::new();
        for name in files(&self.repository().join("metadata")).into_keys() {
            let (version, role) = name.split_once('.').unwrap();
            match version.parse::<u64>() {
                Ok(1) if role == "root.json" => {}
                Ok(_) if role == "root.json" => needed.push(format!("metadata/{name}")),
                Ok(version) => {
                    let last = newest.entry(role.to_owned()).or_insert(version);
                    *last = version.max(*last);
                }
                Err(_) => {}
            }
        }
        let newest = newest.into_iter();
        needed.extend(newest.map(|(role, version)| format!("metadata/{version}.{role}")));
        for (path, content) in self.expected() {
            let (directory, base) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
            let hash = Sha256Digest::of(&content);
            needed.push(format!("targets/{directory}{hash}.{base}"));
        }
        needed
    }

    /// Sets something in privyseal.toml, before its tables.
    pub fn set(&self, line: &str) {
        let path = self.directory.join("privyseal.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{line}\n{text}")).unwrap();
    }

    /// What clients are to get for this target path.
    #[must_use]
    pub fn original(&self, path: &str) -> PathBuf {
        self.originals.join(path)
    }
}

/// Every file below a directory, by its path.
#[must_use]
pub fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap();
                found.insert(name.to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}
