//! A terminal on which a person reads and types.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::client::{Answer, Client};
use crate::require;
use crate::wait;

/// A command of the client on a terminal of its own. It is killed on drop.
#[derive(Debug)]
pub struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    shown: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts a command, given as words between spaces. Says that the test is skipped where there
    /// is no `script`.
    #[must_use]
    pub fn start(client: &Client, words: &str) -> Option<Self> {
        if !require::program("script") {
            return None;
        }
        let program = require::binary("privyseal");
        let command = client.command::<&str>([]);
        let environment = command.get_envs();
        let mut script = Command::new("script")
            .envs(environment.filter_map(|(name, value)| Some((name, value?))))
            .current_dir(client.home())
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(format!("exec {} {words}", program.display()))
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keyboard = script.stdin.take().unwrap();
        let mut output = script.stdout.take().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&shown);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]);
                collected.lock().unwrap().push_str(&text);
            }
        });
        Some(Self {
            script,
            keyboard,
            shown,
            reader: Some(reader),
        })
    }

    /// Waits until the terminal shows this.
    pub fn shows(&self, what: &str) {
        wait::until(what, || {
            self.shown.lock().unwrap().contains(what).then_some(())
        });
    }

    /// Waits until the terminal shows this so many times.
    pub fn shows_times(&self, what: &str, times: usize) {
        wait::until(what, || {
            let shown = self.shown.lock().unwrap().matches(what).count();
            (shown >= times).then_some(())
        });
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").unwrap();
    }

    /// Presses keys, and not Enter.
    pub fn presses(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end; standard output is all that the terminal showed.
    #[must_use]
    pub fn ends(mut self) -> Answer {
        let status = wait::until("the command to end", || self.script.try_wait().unwrap());
        self.reader.take().unwrap().join().unwrap();
        Answer {
            status: status.code().unwrap_or(-1),
            stdout: self.shown.lock().unwrap().clone(),
            stderr: String::new(),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.script.kill());
        drop(self.script.wait());
        if thread::panicking() {
            eprintln!("the terminal showed:\n{}", self.shown.lock().unwrap());
        }
    }
}
