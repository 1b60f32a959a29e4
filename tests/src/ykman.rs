//! Yubico's own program for people, `ykman`, which `tests/run` puts beside its Python.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::Answer;
use crate::require;
use crate::sandbox::Sandbox;

/// The program.
#[derive(Debug, Clone)]
pub struct Ykman {
    program: PathBuf,
}

impl Ykman {
    /// Says that the test is skipped where there is none.
    #[must_use]
    pub fn find() -> Option<Self> {
        let python = std::env::var_os("PRIVYSEAL_PYTHON").map(PathBuf::from);
        let program = python.map(|python| python.with_file_name("ykman"));
        let found = program.filter(|program| program.is_file());
        if found.is_none() {
            require::skip("beside PRIVYSEAL_PYTHON is no ykman (tests/run puts it there)");
        }
        found.map(|program| Self { program })
    }

    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs a command on one of the YubiKeys behind this socket of pcscd, in the sandbox; what it
    /// printed.
    ///
    /// # Panics
    /// Where it fails.
    pub fn ok(&self, sandbox: &Sandbox, socket: &Path, serial: u32, words: &str) -> String {
        let ran: Answer = self
            .command(sandbox, socket)
            .args(["--device", &serial.to_string()])
            .args(words.split_whitespace())
            .output()
            .unwrap()
            .into();
        assert_eq!(ran.status, 0, "ykman {words}: {ran:#?}");
        ran.stdout + &ran.stderr
    }

    /// The program without arguments, in the sandbox, where it finds the YubiKeys behind this socket
    /// of pcscd.
    #[must_use]
    pub fn command(&self, sandbox: &Sandbox, socket: &Path) -> Command {
        // It ends those who might keep a YubiKey from it, by name.
        let kill = sandbox.write("programs/pkill", "#!/bin/sh\nexit 1\n");
        fs::set_permissions(kill, Permissions::from_mode(0o755)).unwrap();
        let mut path = sandbox.join("programs").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(&self.program);
        command
            .env("PATH", path)
            .env("PCSCLITE_CSOCK_NAME", socket)
            .env("HOME", sandbox.path())
            .current_dir(sandbox.path());
        command
    }
}
