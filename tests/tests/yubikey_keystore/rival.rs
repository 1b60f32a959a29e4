//! Another program that uses the same YubiKey.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use privyseal_tests::require;

use crate::stage::Stage;

/// It ends when it is dropped.
pub(crate) struct Rival {
    process: Child,
    steps: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Rival {
    pub(crate) fn new(stage: &Stage) -> Self {
        let mut process = Command::new(require::binary("privyseal-rival"))
            .arg(stage.plugboard.reader(&stage.yubikey))
            .env("PCSCLITE_CSOCK_NAME", stage.plugboard.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let steps = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            steps,
            answers,
        }
    }

    /// Begins a step without waiting for its end.
    pub(crate) fn begin(&mut self, step: &str) {
        writeln!(self.steps, "{step}").unwrap();
    }

    /// Waits for the end of a step.
    pub(crate) fn end(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Does a step; returns what the card answered.
    pub(crate) fn does(&mut self, step: &str) -> String {
        self.begin(step);
        let line = self.end();
        let answer = line.strip_prefix("ok");
        let answer = answer.unwrap_or_else(|| panic!("{step}: {line}"));
        answer.trim().to_owned()
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
