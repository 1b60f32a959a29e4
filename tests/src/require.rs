//! What a test needs from the machine.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The module of SoftHSM2, where Debian has it.
pub const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A binary of this workspace, which Cargo built beside the tests.
///
/// # Panics
/// Where it is not there.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .skip(1)
        .map(|directory| directory.join(name))
        .find(|binary| binary.is_file())
        .unwrap_or_else(|| panic!("{name} is not beside the tests: build the whole workspace"))
}

/// A file of this repository.
#[must_use]
pub fn source(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

thread_local! {
    static SKIPPED: Cell<bool> = const { Cell::new(false) };
}

/// Says that a test was skipped, and why: the first reason of each test, which is a thread of its
/// own, since `tests/run` counts these lines.
pub fn skip(why: &str) {
    if !SKIPPED.replace(true) {
        println!("skipped: {why}");
    }
}

/// Is there a SoftHSM2 module and tool? Says so where not.
#[must_use]
pub fn softhsm() -> bool {
    let there = PathBuf::from(SOFTHSM).is_file() && runs("softhsm2-util", &["--version"]);
    if !there {
        skip("there is no SoftHSM2");
    }
    there
}

/// Is this test run by root, as other users and mounts demand? Says so where not.
#[must_use]
pub fn root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skip("only root can do this");
    }
    root
}

/// Is there a program of this name? Says so where not.
#[must_use]
pub fn program(name: &str) -> bool {
    // Whatever it answers: some know no --version, and end their --help with a failure.
    let asked = Command::new(name)
        .arg("--help")
        .stdin(Stdio::null())
        .output();
    if asked.is_err() {
        skip(&format!("there is no {name}"));
    }
    asked.is_ok()
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
