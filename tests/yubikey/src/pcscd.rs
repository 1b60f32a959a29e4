//! A private pcscd with vpcd readers, for one test alone.
//!
//! pcscd 1.9 has one socket, `/run/pcscd/pcscd.comm`, unless systemd hands it another one. So this
//! does as systemd does: it binds a socket, and starts pcscd with it as file descriptor 3
//! (`sd_listen_fds(3)`). Clients come to it where `PCSCLITE_CSOCK_NAME` names the socket; the variable
//! is one for a whole process, so a test sets it for the programs that it starts.
//!
//! vpcd LISTENS ON ALL ADDRESSES of the machine: while a test runs, whoever reaches its ports can put
//! a card into its readers. It is no place for a key that matters.
//!
//! vpcd has two slots for each of its readers, and clients see each slot as a reader of its own: "NAME
//! 00 00" and "NAME 00 01". So of an odd number of readers there is one more, which stays empty. ykman
//! wastes three seconds on an empty one each time it runs: two YubiKeys are faster for it than one.

mod config;
mod log;
mod ports;
mod process;
mod state;

use std::path::{Path, PathBuf};

use crate::Card;
use crate::vpcd::Inserted;
use config::Pair;
use process::{Failed, Process};

const PCSCD: &str = "/usr/sbin/pcscd";

/// How often a start is tried again after somebody else took one of the ports.
const TRIES: usize = 5;

/// What this machine lacks for a pcscd with virtual readers; nothing where it lacks nothing.
#[must_use]
pub fn missing() -> Option<&'static str> {
    if !Path::new(PCSCD).is_file() {
        Some("there is no pcscd")
    } else if config::driver().is_none() {
        Some("there is no vpcd, the driver of virtual readers (Debian: vsmartcard-vpcd)")
    } else if !process::can_run() {
        Some("a pcscd of an ordinary user needs /run/pcscd, which root makes")
    } else {
        None
    }
}

/// A pcscd with readers. It ends on drop.
#[derive(Debug)]
pub struct Pcscd {
    directory: PathBuf,
    pairs: Vec<Pair>,
    process: Option<Process>,
}

impl Pcscd {
    /// Starts one with so many empty readers. Its socket, config and log are in the directory, whose
    /// path must be short: a socket's has at most 107 bytes.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(directory: &Path, readers: usize) -> Self {
        let directory = std::path::absolute(directory).unwrap();
        for _ in 0..TRIES {
            let pairs: Vec<_> = (0..readers.div_ceil(2)).map(Pair::new).collect();
            config::install(&directory, &pairs);
            config::write(&directory, &pairs);
            match Process::start(&directory) {
                Ok(process) => {
                    return Self {
                        directory,
                        pairs,
                        process: Some(process),
                    };
                }
                Err(Failed::PortTaken) => {}
                Err(Failed::Ended(log)) => panic!("pcscd does not start:\n{log}"),
            }
        }
        panic!("no free ports for the readers of pcscd after {TRIES} tries");
    }

    /// What `PCSCLITE_CSOCK_NAME` must name for its clients.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        process::socket(&self.directory)
    }

    /// The name that clients see of a reader.
    #[must_use]
    pub fn reader(&self, index: usize) -> String {
        self.pairs[index / 2].name(index % 2)
    }

    /// Puts a card into a reader, and waits until pcscd has seen it. While pcscd is stopped, the card
    /// is there when it starts again.
    ///
    /// # Panics
    /// Where there is a card in it that stays there, or pcscd takes no notice.
    #[must_use]
    pub fn insert(&self, index: usize, card: Box<dyn Card>) -> Inserted {
        self.wait_until_empty(index);
        let inserted = Inserted::into(self.pairs[index / 2].port(index % 2), card);
        self.wait_until_present(index);
        inserted
    }

    /// Waits until pcscd has seen the card in a reader; not at all while it is stopped.
    ///
    /// # Panics
    /// Where it takes no notice within a minute.
    pub fn wait_until_present(&self, index: usize) {
        if self.process.is_some() {
            state::wait_for_card(&self.socket(), &self.reader(index), true);
        }
    }

    /// Waits until pcscd has seen that a reader is empty; not at all while it is stopped.
    ///
    /// # Panics
    /// Where it takes no notice within a minute.
    pub fn wait_until_empty(&self, index: usize) {
        if self.process.is_some() {
            state::wait_for_card(&self.socket(), &self.reader(index), false);
        }
    }

    /// Ends it: its clients lose the service, and nobody listens on the socket.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Ends it where it runs, and starts it again with the same socket and readers. The cards that are
    /// in them come back after that: see [`Self::wait_until_present`].
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&mut self) {
        self.stop();
        config::write(&self.directory, &self.pairs);
        self.start_again();
    }

    /// As [`Self::restart`], but without a reader: where a YubiKey is pulled out of a computer, its
    /// reader goes with it, and vpcd can't lose one while pcscd runs.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart_without_readers(&mut self) {
        self.stop();
        config::write(&self.directory, &[]);
        self.start_again();
    }

    fn start_again(&mut self) {
        match Process::start(&self.directory) {
            Ok(process) => self.process = Some(process),
            Err(failed) => panic!("pcscd does not start again: {failed:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
