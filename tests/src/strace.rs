//! Faults at single system calls, injected by strace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::client::Answer;
use crate::require;

/// The system calls that change files, names or durability.
const WRITING: &[&str] = &[
    "write",
    "pwrite64",
    "writev",
    "openat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "symlink",
    "symlinkat",
    "ftruncate",
    "fallocate",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "fchownat",
    "fsync",
    "fdatasync",
    "syncfs",
    "copy_file_range",
    "sendfile",
];

/// One call of a program's run: the n-th of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// 1 for the first.
    pub number: usize,
    /// As strace shows it.
    pub text: String,
}

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed.
    Kill,
    /// The call fails with this error, such as `ENOSPC`.
    Error(&'static str),
}

/// Whether there is a strace that may trace. Says that the test is skipped where not.
#[must_use]
pub fn available() -> bool {
    if !require::program("strace") {
        return false;
    }
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    let traced = traced.is_ok_and(|status| status.success());
    if !traced {
        require::skip("strace may not trace here");
    }
    traced
}

/// Runs a command, and lists its writing calls.
///
/// # Panics
/// Where it fails.
#[must_use]
pub fn writing_calls(command: &Command, log: &Path) -> Vec<Call> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-s", "200", "-o"]).arg(log);
    strace.args([
        "-e",
        "signal=none",
        "-e",
        &format!("trace={}", WRITING.join(",")),
    ]);
    let answer: Answer = under(strace, command).output().unwrap().into();
    assert_eq!(answer.status, 0, "{answer:?}");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in fs::read_to_string(log).unwrap().lines() {
        // "PID name(arguments) = result"
        let Some((_, text)) = line.split_once(' ') else {
            continue;
        };
        let text = text.trim_start();
        let Some((name, _)) = text.split_once('(') else {
            continue;
        };
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        // What is only read, or goes to the terminal, changes nothing that is published.
        let changes = match name {
            "openat" => text.contains("O_CREAT"),
            "write" | "writev" => !text.contains("(1, ") && !text.contains("(2, "),
            _ => true,
        };
        if changes {
            calls.push(Call {
                name: name.to_owned(),
                number: *count,
                text: text.to_owned(),
            });
        }
    }
    calls
}

/// Runs a command with a fault at one call.
#[must_use]
pub fn run_with_fault(command: &Command, call: &Call, fault: Fault) -> Answer {
    let Call { name, number, .. } = call;
    let fault = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
    };
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={name}"),
    ]);
    strace.args(["-e", &format!("inject={name}:{fault}:when={number}")]);
    under(strace, command).output().unwrap().into()
}

/// The command as strace's own, with its environment and directory.
fn under(mut strace: Command, command: &Command) -> Command {
    strace.arg("--").arg(command.get_program());
    strace.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        strace.current_dir(directory);
    }
    strace.stdin(std::process::Stdio::null());
    strace
}
