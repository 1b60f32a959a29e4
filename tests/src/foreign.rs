//! A repository that another tool made, with the keys that signed it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::elsewhere::{FileKey, Kind};
use crate::metadata;
use crate::project::{Project, files};
use crate::python::Python;
use crate::sandbox::Sandbox;
use crate::tuf_client::Tuftool;

/// What `make_foreign.py` made with python-tuf.
#[derive(Debug)]
pub struct Foreign {
    python: Python,
    directory: PathBuf,
    /// The keyids by the names of the signers.
    pub keyids: BTreeMap<String, String>,
}

impl Foreign {
    /// A repository of one of the script's shapes; `more` are further arguments of it.
    #[must_use]
    pub fn make(sandbox: &Sandbox, python: &Python, shape: &str, more: &[&str]) -> Self {
        let directory = sandbox.join(format!("foreign-{shape}"));
        let arguments = [shape, directory.to_str().unwrap()];
        let arguments = arguments.into_iter().chain(more.iter().copied());
        let said = python.script("make_foreign.py", arguments, "");
        assert_eq!(said.status, 0, "{said:?}");
        Self {
            python: python.clone(),
            directory,
            keyids: serde_json::from_str(&said.stdout).unwrap(),
        }
    }

    /// What `tuftool create` makes, of two files: signers "root" and "online", with RSA keys.
    #[must_use]
    pub fn of_tuftool(sandbox: &Sandbox, python: &Python, tuftool: &Tuftool) -> Self {
        let directory = sandbox.directory("foreign-tuftool");
        let at = |name: &str| text(&directory.join(name)).to_owned();
        fs::create_dir(at("keys")).unwrap();
        for name in ["root", "online"] {
            let key = FileKey::generate(&directory, name, Kind::Rsa);
            fs::rename(key.private(), at(&format!("keys/{name}.pem"))).unwrap();
        }
        // Of "in 20 days" it makes an expiry with a fraction, which only tough reads.
        let later = metadata::in_days(20);
        let (root, later) = (at("1.root.json"), later.as_str());
        tuftool.run(&["root", "init", &root, "--version", "1"]);
        tuftool.run(&["root", "expire", &root, later]);
        let keys = [at("keys/root.pem"), at("keys/online.pem")];
        let online = [
            "--role",
            "targets",
            "--role",
            "snapshot",
            "--role",
            "timestamp",
        ];
        for (key, roles) in keys.iter().zip([&["--role", "root"][..], &online]) {
            tuftool.run(&[&["root", "add-key", &root, "-k", key][..], roles].concat());
        }
        for role in ["root", "targets", "snapshot", "timestamp"] {
            tuftool.run(&["root", "set-threshold", &root, role, "1"]);
        }
        tuftool.run(&["root", "sign", &root, "-k", &keys[0]]);
        for (name, content) in [("hello.txt", "hello\n"), ("data.bin", "\u{1}\u{2}")] {
            sandbox.write(format!("foreign-tuftool/originals/{name}"), content);
        }
        let (repository, files) = (at("repository"), at("originals"));
        let mut create = vec!["create", "--outdir", &repository, "--root", &root];
        create.extend(["--add-targets", &files, "-k", &keys[1]]);
        for role in ["targets", "snapshot", "timestamp"] {
            let [expires, version] = ["expires", "version"].map(|what| format!("--{role}-{what}"));
            create.extend([expires.leak(), later, version.leak(), "3"]);
        }
        tuftool.run(&create);
        let root: Value = serde_json::from_slice(&fs::read(&root).unwrap()).unwrap();
        let keyid = |role: &str| {
            root["signed"]["roles"][role]["keyids"][0]
                .as_str()
                .unwrap()
                .to_owned()
        };
        Self {
            python: python.clone(),
            keyids: [("root", "root"), ("online", "targets")]
                .map(|(name, role)| (name.to_owned(), keyid(role)))
                .into(),
            directory: directory.clone(),
        }
    }

    /// With metadata/ and targets/.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.directory.join("repository")
    }

    /// A file of its metadata.
    #[must_use]
    pub fn metadata(&self, name: &str) -> PathBuf {
        self.repository().join("metadata").join(name)
    }

    /// How `privyseal` names the key of a signer after an import.
    #[must_use]
    pub fn owner(&self, signer: &str) -> String {
        format!("imported:{}", &self.keyids[signer][..8])
    }

    /// Gives the originals of its targets to a project.
    pub fn give_originals(&self, project: &Project) {
        for (path, content) in files(&self.directory.join("originals")) {
            let original = project.original(&path);
            fs::create_dir_all(original.parent().unwrap()).unwrap();
            fs::write(original, content).unwrap();
        }
    }

    /// Has signers of it sign a draft of a project with securesystemslib, and attaches that.
    pub fn sign(&self, project: &Project, role: &str, signers: &[&str]) {
        let at = |name: String| self.directory.join(name);
        let draft = at(format!("{role}.draft.json"));
        let payload = at(format!("{role}.payload"));
        let arguments = [
            "draft",
            "export",
            role,
            "-o",
            text(&draft),
            "--payload",
            text(&payload),
        ];
        let said = project.try_repo_with(&arguments);
        assert_eq!(said.status, 0, "{said:#?}");
        let signatures = signers.iter().map(|signer| {
            let private = at(format!("keys/{signer}.pem"));
            let arguments = [private.as_os_str(), payload.as_os_str()];
            let said = self
                .python
                .script::<&OsStr>("securesystemslib_sign.py", arguments, "");
            assert_eq!(said.status, 0, "{said:?}");
            let signature = at(format!("{role}.{signer}.json"));
            fs::write(&signature, said.stdout).unwrap();
            text(&signature).to_owned()
        });
        let signatures: Vec<String> = signatures.collect();
        let mut arguments = vec!["attach", "--role", role];
        arguments.extend(signatures.iter().map(String::as_str));
        let said = project.try_repo_with(&arguments);
        assert_eq!(said.status, 0, "{said:#?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
