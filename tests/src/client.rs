//! A real `privyseal`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::agent::Agent;
use crate::require;
use crate::sandbox::Sandbox;

/// One user's client, with a memory of its own.
#[derive(Debug, Clone)]
pub struct Client {
    home: PathBuf,
    agents: String,
}

/// What a command did.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The exit code.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Client {
    /// A client of one agent. `name` is a new directory of the sandbox.
    #[must_use]
    pub fn new(sandbox: &Sandbox, name: &str, agent: &Agent) -> Self {
        Self::of(sandbox, name, &format!("unix:{}", agent.socket().display()))
    }

    /// A client of several agents, each with its name.
    #[must_use]
    pub fn of_several(sandbox: &Sandbox, name: &str, agents: &[(&str, &Agent)]) -> Self {
        let entry =
            |(name, agent): &(&str, &Agent)| format!("{name}=unix:{}", agent.socket().display());
        let list: Vec<String> = agents.iter().map(entry).collect();
        Self::of(sandbox, name, &list.join(","))
    }

    /// A client that knows no agent.
    #[must_use]
    pub fn of_nobody(sandbox: &Sandbox, name: &str) -> Self {
        Self::of(sandbox, name, "")
    }

    /// A client that knows no agent.
    #[must_use]
    pub fn without_agents(sandbox: &Sandbox, name: &str) -> Self {
        Self::of(sandbox, name, "")
    }

    fn of(sandbox: &Sandbox, name: &str, agents: &str) -> Self {
        Self {
            home: sandbox.directory(name),
            agents: agents.to_owned(),
        }
    }

    /// Where it runs, and keeps its memory.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Where it keeps what it remembers of ledgers.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.home.join("state")
    }

    /// The command with these arguments, not started yet.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(require::binary("privyseal"));
        command
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("XDG_STATE_HOME", self.state())
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("PRIVYSEAL_AGENT", &self.agents)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .args(arguments);
        command
    }

    /// Runs a command, given as words between spaces.
    #[must_use]
    pub fn run(&self, words: &str) -> Answer {
        self.run_with(words.split_whitespace())
    }

    /// Runs a command.
    #[must_use]
    pub fn run_with<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command that must succeed; returns its standard output.
    pub fn ok(&self, words: &str) -> String {
        let answer = self.run(words);
        assert_eq!(answer.status, 0, "privyseal {words}: {answer:#?}");
        answer.stdout
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    /// Asserts that it ended with `status` and named the reason code.
    ///
    /// # Panics
    /// Where it did not.
    pub fn assert_refused(&self, status: i32, reason: &str) {
        assert!(
            self.status == status && self.stderr.contains(reason),
            "not refused with {status} and {reason}: {self:#?}"
        );
    }
}
