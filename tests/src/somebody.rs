//! Callers who are other users than the test's own.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use prost::Message;

use crate::require;
use crate::sandbox::Sandbox;

/// A user of no name that a test may be.
pub const STRANGER: u32 = 65_533;

/// A user, a group and supplementary groups.
pub type Identity<'a> = (u32, u32, &'a [u32]);

/// A program that asks an agent as other users. Only root can make it do that.
#[derive(Debug, Clone)]
pub struct Somebody {
    program: PathBuf,
    socket: PathBuf,
}

impl Somebody {
    /// Callers of the agent that listens on `socket`, whose mode must let them in. Says that the
    /// test is skipped where it is not run by root.
    #[must_use]
    pub fn calls(sandbox: &Sandbox, socket: &Path) -> Option<Self> {
        if !require::root() || !require::program("setpriv") {
            return None;
        }
        let program = sandbox.join("ask");
        if !program.exists() {
            fs::copy(require::binary("privyseal-ask"), &program).unwrap();
        }
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        for directory in [sandbox.path(), socket.parent().unwrap()] {
            fs::set_permissions(directory, Permissions::from_mode(0o711)).unwrap();
        }
        Some(Self {
            program,
            socket: socket.to_owned(),
        })
    }

    /// Asks as this user; the answer as JSON.
    #[must_use]
    pub fn ask(
        &self,
        who: Identity<'_>,
        method: &str,
        request: &impl Message,
    ) -> serde_json::Value {
        let mut child = self.start(who, &[method]);
        let mut input = child.stdin.take().unwrap();
        input.write_all(&request.encode_to_vec()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Connects so many times as this user, and asks nothing.
    ///
    /// # Panics
    /// Where a connection is not made.
    #[must_use]
    pub fn hold(&self, who: Identity<'_>, connections: usize) -> Held {
        let mut held = Held(self.start(who, &["hold", &connections.to_string()]));
        let mut line = String::new();
        let output = held.0.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "connected\n");
        held
    }

    fn start(&self, (uid, gid, groups): Identity<'_>, arguments: &[&str]) -> Child {
        let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
        let groups = match groups.as_slice() {
            [] => "--clear-groups".to_owned(),
            groups => format!("--groups={}", groups.join(",")),
        };
        Command::new("setpriv")
            .args([format!("--reuid={uid}"), format!("--regid={gid}"), groups])
            .arg(&self.program)
            .arg(&self.socket)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// Connections that ask nothing. They end on drop.
#[derive(Debug)]
pub struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
