//! Callers who are other users than the test's own.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prost::Message;

use crate::require;
use crate::sandbox::Sandbox;

/// A user of no name that a test may be.
pub const STRANGER: u32 = 65_533;

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

    /// Asks as this user, with this group and these supplementary groups; the answer as JSON.
    #[must_use]
    pub fn ask(
        &self,
        (uid, gid, groups): (u32, u32, &[u32]),
        method: &str,
        request: &impl Message,
    ) -> serde_json::Value {
        let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
        let groups = match groups.as_slice() {
            [] => "--clear-groups".to_owned(),
            groups => format!("--groups={}", groups.join(",")),
        };
        let mut child = Command::new("setpriv")
            .args([format!("--reuid={uid}"), format!("--regid={gid}"), groups])
            .arg(&self.program)
            .arg(&self.socket)
            .arg(method)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&request.encode_to_vec()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
