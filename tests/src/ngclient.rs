//! python-tuf's client, started once and asked many times.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout};

use serde_json::{Value, json};

use crate::python::Python;

/// Runs until it is dropped.
#[derive(Debug)]
pub struct NgClient {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// What a client is asked to do.
#[derive(Debug, Clone)]
pub struct Question {
    /// A directory, or a URL.
    from: String,
    /// Where what it trusted earlier is.
    home: Option<PathBuf>,
    root: PathBuf,
    targets: BTreeMap<String, Option<String>>,
    keep: Option<PathBuf>,
}

/// Root, targets, snapshot and timestamp.
pub type Versions = [u64; 4];

impl Question {
    /// A client that knows no more than a first root asks a directory or a URL.
    #[must_use]
    pub fn new(from: impl Into<String>, root: &Path) -> Self {
        Self {
            from: from.into(),
            home: None,
            root: root.to_owned(),
            targets: BTreeMap::new(),
            keep: None,
        }
    }

    /// The same of another place.
    #[must_use]
    pub fn at(mut self, from: impl Into<String>) -> Self {
        self.from = from.into();
        self
    }

    /// The client has been here before: `home` is what an earlier question kept.
    #[must_use]
    pub fn returning(mut self, home: &Path) -> Self {
        self.home = Some(home.to_owned());
        self
    }

    /// Keeps what it trusts at the end in a new directory.
    #[must_use]
    pub fn keeping(mut self, home: &Path) -> Self {
        self.keep = Some(home.to_owned());
        self
    }

    /// It must get this content for a target, or find no such target.
    #[must_use]
    pub fn target(mut self, path: &str, content: Option<&[u8]>) -> Self {
        let digest = content.map(|content| privyseal_tuf::Sha256Digest::of(content).to_string());
        self.targets.insert(path.to_owned(), digest);
        self
    }
}

impl NgClient {
    /// Says that the test is skipped where there is no python-tuf.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut child = Python::find()?.started("ngclient.py");
        Some(Self {
            to: child.stdin.take(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    /// The versions that it trusts in the end, or why it refused.
    pub fn ask(&mut self, question: &Question) -> Result<Versions, String> {
        let Question {
            from,
            home,
            root,
            targets,
            keep,
        } = question;
        let line =
            json!({"from": from, "home": home, "root": root, "targets": targets, "keep": keep});
        writeln!(self.to.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        match answer["refused"].as_str() {
            Some(why) => Err(why.to_owned()),
            None => Ok(["root", "targets", "snapshot", "timestamp"]
                .map(|role| answer["versions"][role].as_u64().unwrap())),
        }
    }
}

impl Drop for NgClient {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.to.take());
        drop(self.child.wait());
    }
}
