//! A server that runs until it is dropped.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::wait;

/// One process, which may be stopped and started again.
#[derive(Debug)]
pub(crate) struct Service {
    name: &'static str,
    command: Command,
    log: PathBuf,
    end: Signal,
    process: Option<Child>,
}

impl Service {
    /// Not started yet. What it prints goes to `NAME.log` in this directory.
    pub(crate) fn new(name: &'static str, directory: &Path, mut command: Command) -> Self {
        let log = directory.join(format!("{name}.log"));
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(&log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        Self {
            name,
            command,
            log,
            end: Signal::SIGKILL,
            process: None,
        }
    }

    /// Ends on this signal instead of SIGKILL.
    pub(crate) fn ended_by(mut self, signal: Signal) -> Self {
        self.end = signal;
        self
    }

    /// Starts it, and asks until it is ready.
    ///
    /// # Panics
    /// Where it runs already, or ends before it is ready.
    pub(crate) fn start(&mut self, ready: impl Fn() -> bool) {
        assert!(self.process.is_none(), "{} runs already", self.name);
        self.process = Some(self.command.spawn().unwrap());
        let (name, log) = (self.name, self.log.clone());
        let process = self.process.as_mut().unwrap();
        wait::until(name, || {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended: {ended:?}:\n{}", read(&log));
            ready().then_some(())
        });
    }

    /// Ends it, and waits.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
            // Where it ended by itself there is nobody to tell.
            let _ = kill(pid, self.end);
            drop(process.wait());
        }
    }

    /// Its process id.
    ///
    /// # Panics
    /// Where it does not run.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// All that it printed, over all its lives.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.name, self.log());
        }
    }
}

fn read(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}
