//! A real S3-compatible server: s3s-fs, which keeps each object in a file.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::require;
use crate::sandbox::Sandbox;

const ACCESS_KEY: &str = "PRIVYSEALTEST";
const SECRET_KEY: &str = "a secret of the tests/that nobody prints";

/// A server with one bucket, `releases`. Writers must sign their requests; readers ask a second
/// server of the same files, which asks nobody who they are.
#[derive(Debug)]
pub struct S3 {
    root: PathBuf,
    writers: Server,
    readers: Server,
}

#[derive(Debug)]
struct Server {
    child: Child,
    url: String,
}

impl S3 {
    /// The bucket.
    pub const BUCKET: &'static str = "releases";

    /// Starts both servers. Says that the test is skipped where there is no s3s-fs.
    #[must_use]
    pub fn start(sandbox: &Sandbox) -> Option<Self> {
        let program = std::env::var_os("PRIVYSEAL_S3").map(PathBuf::from);
        let Some(program) = program.filter(|program| program.is_file()) else {
            require::skip("PRIVYSEAL_S3 names no s3s-fs (tests/run installs one)");
            return None;
        };
        let root = sandbox.directory("s3");
        fs::create_dir(root.join(Self::BUCKET)).unwrap();
        let credentials = ["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY];
        Some(Self {
            writers: Server::start(&program, &root, &credentials),
            readers: Server::start(&program, &root, &[]),
            root,
        })
    }

    /// The environment of a client that may write.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        Self::environment_at(&self.writers.url)
    }

    /// The same, for a server at another URL.
    #[must_use]
    pub fn environment_at(url: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", url.to_owned()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ]
    }

    /// Where writers ask.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.writers.url
    }

    /// Where readers find what is published below a prefix.
    #[must_use]
    pub fn public_url(&self, prefix: &str) -> String {
        format!("{}/{}/{prefix}", self.readers.url, Self::BUCKET)
    }

    /// Where the server keeps the objects below a prefix.
    #[must_use]
    pub fn objects(&self, prefix: &str) -> PathBuf {
        self.root.join(Self::BUCKET).join(prefix)
    }

    /// What the server keeps besides buckets: attributes, and the parts of unfinished uploads.
    #[must_use]
    pub fn internals(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != Self::BUCKET).collect()
    }

    /// The secret, which must be shown nowhere.
    #[must_use]
    pub fn secret() -> &'static str {
        SECRET_KEY
    }
}

impl Server {
    fn start(program: &Path, root: &Path, credentials: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", "0"])
            .args(credentials)
            .arg(root)
            .env("RUST_LOG", "s3s_fs=info")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("s3s-fs says where it listens").unwrap();
            if let Some((_, url)) = line.split_once("server is running at ") {
                break url.trim().to_owned();
            }
        };
        // A full pipe would stop it.
        thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
