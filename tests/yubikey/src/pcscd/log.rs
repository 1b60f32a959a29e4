//! What pcscd says while it starts.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::process::Failed;

/// Far longer than anything takes; who waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The last lines that a failure shows.
const SHOWN: usize = 40;

/// What pcscd has said until now. A thread reads it, and writes it to a file for whoever wants to know
/// why a test failed.
#[derive(Debug, Default)]
pub(super) struct Log {
    said: Mutex<Said>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Said {
    ready: bool,
    port_taken: bool,
    ended: bool,
    last: Vec<String>,
}

impl Log {
    /// Follows it until pcscd ends.
    pub(super) fn of(said: PipeReader, file: &Path) -> Arc<Self> {
        let log = Arc::new(Self::default());
        let follower = Arc::clone(&log);
        let mut file = File::create(file).unwrap();
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                drop(writeln!(file, "{line}"));
                follower.lock().hear(line);
                follower.more.notify_all();
            }
            follower.lock().ended = true;
            follower.more.notify_all();
        });
        log
    }

    /// Waits until pcscd has started its readers.
    pub(super) fn wait_until_ready(&self) -> Result<(), Failed> {
        let starts = |said: &mut Said| !said.ready && !said.ended;
        let waited = self.more.wait_timeout_while(self.lock(), PATIENCE, starts);
        let (said, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "pcscd does not start: {said:?}");
        if said.port_taken {
            Err(Failed::PortTaken)
        } else if said.ended {
            Err(Failed::Ended(said.last.join("\n")))
        } else {
            Ok(())
        }
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    fn hear(&mut self, line: String) {
        self.ready |= line.contains("daemon ready");
        self.port_taken |= line.contains("Could not initialize connection to virtual ICC");
        if self.last.len() == SHOWN {
            self.last.remove(0);
        }
        self.last.push(line);
    }
}
