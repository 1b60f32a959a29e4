//! Independent judges in Python.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::client::Answer;
use crate::require;

/// The interpreter that `PRIVYSEAL_PYTHON` names, which has python-tuf.
#[derive(Debug, Clone)]
pub struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// The interpreter; where there is none, says that the test is skipped.
    #[must_use]
    pub fn find() -> Option<Self> {
        let found = std::env::var_os("PRIVYSEAL_PYTHON").map(|path| Self {
            interpreter: path.into(),
        });
        let usable = found.filter(|python| {
            let imported = python.run("-c", ["import tuf"], "");
            imported.status == 0
        });
        if usable.is_none() {
            require::skip("PRIVYSEAL_PYTHON names no Python with python-tuf (tests/run makes one)");
        }
        usable
    }

    /// Runs a script of `tests/` with these arguments and this standard input.
    #[must_use]
    pub fn script<S: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Answer {
        let script = require::source("tests").join(name);
        self.run(script, arguments, input)
    }

    /// Starts a script of `tests/`, with pipes to its standard input and from its output.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn started(&self, name: &str) -> Child {
        Command::new(&self.interpreter)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(require::source("tests").join(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn run<S: AsRef<OsStr>>(
        &self,
        script: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Answer {
        let child = Command::new(&self.interpreter)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            return Answer {
                status: -1,
                stdout: String::new(),
                stderr: format!("{} does not run", self.interpreter.display()),
            };
        };
        // A script that does not read its input may be gone already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap().into()
    }
}
